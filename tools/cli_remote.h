// What the commands that ask a coordinator share: the connection, and how errors are told.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "core/time.h"
#include "tools/cli_command.h"

namespace assent::cli {

// To `command.address`, not encrypted. Connects at the first call.
std::shared_ptr<grpc::Channel> Connect(const Command& command);

// Gives a call all of the command's time; it fails at once if nobody listens.
void SetDeadline(const Command& command, grpc::ClientContext* context);

// How long the coordinator may wait with an answer, so that it arrives in the command's time.
Duration TimeForAnswer(const Command& command);

// Of a call that only asked: nothing has changed.
Exit ExitOf(const grpc::Status& status);

// Says what went wrong with such a call and what to do; gives ExitOf(status).
Exit ComplainAbout(const Command& command, const grpc::Status& status);

// The same of a call that may have changed something: where an answer is missing, kUnknown.
Exit ComplainAboutChange(const Command& command, const grpc::Status& status);

}  // namespace assent::cli
