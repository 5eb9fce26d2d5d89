assent_test(values_test
  SOURCES values_test.cc
  DEPS assent_core)

assent_test(sequence_map_test
  SOURCES sequence_map_test.cc
  DEPS assent_core)
