assent_test(values_test
  SOURCES values_test.cc
  DEPS assent_core)
