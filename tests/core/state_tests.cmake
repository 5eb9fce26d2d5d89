assent_test(state_test
  SOURCES state_test.cc
  DEPS assent_core
  LABELS core)
