// Linked into every program of the thread sanitizer's build. The distribution's gRPC, protobuf,
// glog and LevelDB are not instrumented, so what they do with memory looks like a race.
extern "C" const char* __tsan_default_options();

extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }

// gRPC's health service, and nothing else here, runs on its callback interface: its hand-overs are
// in a library that is not instrumented, while parts of its tasks are compiled into our programs.
// gRPC's executor ends some of its threads without joining them, just before a program ends.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "race:^grpc::*Callback\n"
         "race:grpc::Server::CallbackRequest\n"
         "thread:^grpc_core::Thread::Thread\n";
}
