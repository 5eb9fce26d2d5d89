assent_test(participant_core_test
  SOURCES
    participant_cells_test.cc
    participant_random_test.cc
    participant_rules_test.cc
    stamp_window_test.cc
  DEPS assent_core
  LABELS core)

assent_test(end_to_end_core_test
  SOURCES end_to_end_core_test.cc
  DEPS assent_core
  LABELS core)
