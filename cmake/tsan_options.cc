// Linked into every program of the thread sanitizer's build. The distribution's gRPC, protobuf,
// glog and LevelDB are not instrumented, so what they do with memory looks like a race.
extern "C" const char* __tsan_default_options();

extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }

// gRPC's executor ends some of its threads without joining them, just before a program ends.
extern "C" const char* __tsan_default_suppressions();

extern "C" const char* __tsan_default_suppressions() {
  return "thread:^grpc_core::Thread::Thread\n";
}
