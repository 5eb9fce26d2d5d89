add_library(assent_coordinator_rig STATIC coordinator_rig.cc)
target_include_directories(assent_coordinator_rig PUBLIC ${CMAKE_SOURCE_DIR})
target_compile_options(assent_coordinator_rig PRIVATE ${ASSENT_WARNINGS})
target_link_libraries(assent_coordinator_rig PUBLIC assent_core GTest::gtest)

assent_test(coordinator_cells_test
  SOURCES coordinator_cells_test.cc
  DEPS assent_coordinator_rig)

assent_test(coordinator_rules_test
  SOURCES coordinator_rules_test.cc
  DEPS assent_coordinator_rig)

assent_test(coordinator_input_test
  SOURCES coordinator_input_test.cc
  DEPS assent_coordinator_rig)

assent_test(coordinator_random_test
  SOURCES coordinator_random_test.cc
  DEPS assent_coordinator_rig)

assent_test(coordinator_phases_test
  SOURCES coordinator_phases_test.cc
  DEPS assent_coordinator_rig)

assent_test(coordinator_edges_test
  SOURCES coordinator_edges_test.cc
  DEPS assent_coordinator_rig)

if(TARGET assent_coordinator_log AND TARGET assent_participant_store)
  assent_test(costs_test
    SOURCES costs_test.cc
    DEPS assent_coordinator_log assent_participant_store)
endif()
