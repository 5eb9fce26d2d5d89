#include "tools/cli_parse.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "coordinator/configuration_values.h"

namespace assent::cli {
namespace {

constexpr char kExitCodes[] =
    "Exit codes:\n"
    "  0   what was asked for is so; show, commit: COMMITTED; abort: ABORTED\n"
    "  1   an error that has no code of its own\n"
    "  2   a wrong command, flag, id or name; nothing was done\n"
    "  3   show, commit: ABORTED\n"
    "  4   not decided yet, or not known: ask again by id; it is not an abort\n"
    "  5   the coordinator refused; abort: it is COMMITTED\n"
    "  6   the coordinator cannot be reached; nothing was asked of it\n"
    "  7   the log is missing, damaged, newer, foreign or marked as an older copy\n"
    "  8   dev: another process has the log open\n"
    "  9   dev: the port is taken\n"
    "  10  a file cannot be read or written\n";

// Declares the commands; `command` gets what is parsed, and must outlive the parsing.
class Grammar {
 public:
  explicit Grammar(Command* command)
      : command_(command), app_("Looks after a transaction coordinator.", "assent") {
    app_.footer(kExitCodes);
    app_.require_subcommand(1);
    app_.fallthrough();
    app_.set_version_flag("--version", std::string("assent ") + ASSENT_VERSION);
    app_.add_option("--address", command_->address, "The coordinator: HOST:PORT or unix:PATH.")
        ->envname("ASSENT_ADDRESS")
        ->capture_default_str()
        ->type_name("");
    app_.add_option("--timeout", timeout_, "How long to wait for the coordinator: 500ms, 10s, 1m.")
        ->default_str("10s")
        ->type_name("");
    app_.add_option("-o,--output", format_, "text or json.")
        ->check(CLI::IsMember({"text", "json"}).description(""))
        ->default_str("text")
        ->type_name("");
    AddDev();
    Add(&app_, "status", "What is open, and what was done since the start.", Action::kStatus);
    AddTransaction();
    AddParticipant();
    AddLog();
  }

  // Throws CLI::ParseError, as CLI11 does.
  void Parse(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    app_.parse(std::move(arguments));
  }

  // Empty: all is well.
  std::string Finish() {
    const auto micros = ParseDuration(timeout_);
    if (!micros || *micros == 0 || *micros > 86'400'000'000) {
      return "--timeout " + timeout_ + " will not do; it must be a duration from 1ms to 24h";
    }
    command_->timeout = Duration::Micros(static_cast<std::int64_t>(*micros));
    command_->format = format_ == "json" ? Format::kJson : Format::kText;
    for (const auto& [subcommand, action] : actions_) {
      if (subcommand->parsed()) command_->action = action;
    }
    if (command_->action == Action::kParticipantReplace && release_ != command_->store.empty()) {
      return "say which store gets the name: either --store ID or --release";
    }
    return "";
  }

  std::string Help() { return app_.help(); }

  // What is wrong with words that nothing takes, or with a command that is not whole; empty if
  // neither is so.
  std::string Unknown() {
    CLI::App* deepest = &app_;
    while (!deepest->get_subcommands().empty()) deepest = deepest->get_subcommands().front();
    for (const std::string& word : app_.remaining(true)) {
      const bool is_flag = word.rfind("-", 0) == 0;
      const std::vector<std::string> known = is_flag ? FlagsOf(deepest) : CommandsOf(deepest);
      const std::string called = is_flag ? word.substr(0, word.find('=')) : word;
      if (known.empty()) return "\"" + word + "\" is one word too many; assent --help tells more";
      return std::string("there is no ") + (is_flag ? "flag " : "command ") + "\"" + called +
             "\"; did you mean " + Nearest(called, known) + "? assent --help lists all";
    }
    std::string choice;
    for (const std::string& name : CommandsOf(deepest)) choice += " " + name;
    if (choice.empty()) return "";
    return "say what to do, one of:" + choice + "; assent --help tells more";
  }

 private:
  static std::vector<std::string> CommandsOf(const CLI::App* app) {
    std::vector<std::string> names;
    for (const CLI::App* sub : app->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
    }
    return names;
  }

  std::vector<std::string> FlagsOf(const CLI::App* app) const {
    std::vector<std::string> names;
    for (const CLI::App* source : {app, static_cast<const CLI::App*>(&app_)}) {
      for (const CLI::Option* option : source->get_options()) {
        if (!option->get_positional()) names.push_back(option->get_name());
      }
    }
    return names;
  }

  CLI::App* Add(CLI::App* parent, const char* name, const char* meaning, Action action) {
    CLI::App* added = parent->add_subcommand(name, meaning);
    actions_[added] = action;
    return added;
  }

  static CLI::App* AddGroup(CLI::App* parent, const char* name, const char* meaning) {
    CLI::App* group = parent->add_subcommand(name, meaning);
    group->require_subcommand(1);
    return group;
  }

  void AddDev() {
    CLI::App* dev = Add(&app_, "dev", "Run a coordinator for development here.", Action::kDev);
    dev->add_option("--directory", command_->directory,
                    "Where its log is kept, made if need be; a temporary place if not given.")
        ->type_name("");
    dev->add_option("--port", command_->port, "On 127.0.0.1; 0: a free one.")
        ->capture_default_str()
        ->type_name("");
  }

  void AddTransaction() {
    CLI::App* group = AddGroup(&app_, "transaction", "See and end transactions.");
    CLI::App* list =
        Add(group, "list", "Open and remembered transactions.", Action::kTransactionList);
    list->add_flag("--unfinished", command_->unfinished_only, "Leave out the finished ones.");
    list->add_option("--limit", command_->limit, "List at most this many.")
        ->check(CLI::Range(1, 1'000'000'000).description(""))
        ->capture_default_str()
        ->type_name("");
    AddId(Add(group, "show", "What became of a transaction.", Action::kTransactionShow));
    AddId(Add(group, "abort", "Abort it, unless it is decided.", Action::kTransactionAbort));
    AddId(Add(group, "commit", "Ask for its commit with the branches that it has.",
              Action::kTransactionCommit));
  }

  void AddId(CLI::App* app) {
    app->add_option("id", command_->transaction, "COORDINATOR-EPOCH-NUMBER.")
        ->required()
        ->type_name("");
  }

  void AddParticipant() {
    CLI::App* group = AddGroup(&app_, "participant", "See participants, rebind their names.");
    Add(group, "list", "Participants whose names are bound.", Action::kParticipantList);
    CLI::App* replace = Add(group, "replace", "Give a lost participant's name to another store.",
                            Action::kParticipantReplace);
    replace->add_option("name", command_->participant, "The participant.")
        ->required()
        ->type_name("");
    replace->add_option("--store", command_->store, "The store that gets the name.")->type_name("");
    replace->add_flag("--release", release_, "The next store that attaches gets the name.");
    replace->add_option("--confirm", command_->confirm, "The participant's name again.")
        ->type_name("");
  }

  void AddLog() {
    CLI::App* group = AddGroup(&app_, "log", "Look at a decision log, on a copy of it.");
    AddDirectory(Add(group, "dump", "Print what is in it.", Action::kLogDump));
    AddDirectory(Add(group, "verify", "Make the checks of a start.", Action::kLogVerify));
    CLI::App* backup = Add(group, "backup", "Copy it, and check the copy.", Action::kLogBackup);
    AddDirectory(backup);
    backup->add_option("target", command_->target, "An absent or empty directory.")
        ->required()
        ->type_name("");
  }

  void AddDirectory(CLI::App* app) {
    app->add_option("directory", command_->directory, "The coordinator's data directory.")
        ->required()
        ->type_name("");
  }

  Command* const command_;
  CLI::App app_;
  std::string timeout_ = "10s";
  std::string format_ = "text";
  bool release_ = false;
  std::map<const CLI::App*, Action> actions_;
};

Command Told(Action action, std::string text) {
  Command command;
  command.action = action;
  command.text = std::move(text);
  return command;
}

}  // namespace

Command ParseCommandLine(const std::vector<std::string>& arguments) {
  Command command;
  Grammar grammar(&command);
  try {
    grammar.Parse(arguments);
  } catch (const CLI::CallForVersion& version) {
    return Told(Action::kPrint, std::string(version.what()) + '\n');
  } catch (const CLI::CallForHelp&) {
    return Told(Action::kPrint, grammar.Help());
  } catch (const CLI::ParseError& error) {
    const std::string unknown = grammar.Unknown();
    return Told(Action::kError, !unknown.empty()
                                    ? unknown
                                    : std::string(error.what()) + "; assent --help tells more");
  }
  const std::string wrong = grammar.Finish();
  return wrong.empty() ? command : Told(Action::kError, wrong);
}

}  // namespace assent::cli
