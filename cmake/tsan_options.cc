// Linked into every program of the thread sanitizer's build. The distribution's gRPC, protobuf,
// glog and LevelDB are not instrumented, so what they do with memory looks like a race.
extern "C" const char* __tsan_default_options();

extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
