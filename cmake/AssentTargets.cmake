# How every folder declares what it builds. Targets are called assent_<name>.
#
#   assent_library(NAME SOURCES a.cc ... [DEPS target ...] [PUBLIC_HEADERS a.h ...] [MUTANTS])
#       A static library, alias assent::<name>. PUBLIC_HEADERS (relative to the folder) are
#       installed when the client or the participant library needs this one (AssentInstall).
#       MUTANTS: and a twin NAME_mutants over the twins of its DEPS, in which known bugs can be
#       switched on (core/mutants.h). It is only built for what needs it.
#   assent_program(NAME SOURCES a.cc ... [DEPS target ...] [INSTALL])
#       A program in <build>/bin, under the name as given.
#   assent_test(NAME SOURCES a_test.cc ... [DEPS target ...] [LABELS l ...] [TIMEOUT seconds]
#               [ARGS a ...] [SERIAL] [PROGRAMS program-target ...])
#       A GoogleTest program, one test of ctest. PROGRAMS are targets that it starts: they are
#       built before it. SERIAL: runs alone.
#   assent_proto_library(NAME PROTOS assent/v1/a.proto ... [DEPS target ...])
#   assent_grpc_library(NAME PROTOS assent/v1/a.proto ... [DEPS target ...])
#       Generated messages (*.pb.h) and, apart from them, generated services (*.grpc.pb.h), of
#       files named relative to the folder. Include them as "assent/v1/a.pb.h".
#
# DEPS of a library are public, since a static library passes them on anyway.
include(GNUInstallDirs)

set(ASSENT_GENERATED_DIR ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${ASSENT_GENERATED_DIR})

if(ASSENT_SANITIZER STREQUAL "thread")
  add_library(assent_tsan_options OBJECT ${CMAKE_CURRENT_LIST_DIR}/tsan_options.cc)
endif()

function(assent_check_arguments name)
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "${name}: do not understand: ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  if(ARG_KEYWORDS_MISSING_VALUES)
    message(FATAL_ERROR "${name}: nothing given for: ${ARG_KEYWORDS_MISSING_VALUES}")
  endif()
endfunction()

# A static library under its alias and its file name: assent_client is assent::client, in
# libassent-client.a.
function(assent_add_static_library name)
  add_library(${name} STATIC ${ARGN})
  string(REGEX REPLACE "^assent_" "" short ${name})
  add_library(assent::${short} ALIAS ${name})
  string(REPLACE "_" "-" file_name ${name})
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME ${file_name} EXPORT_NAME ${short} POSITION_INDEPENDENT_CODE ON)
endfunction()

function(assent_add_own_library name sources deps)
  assent_add_static_library(${name} ${sources})
  target_include_directories(${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/assent>)
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_compile_options(${name} PRIVATE ${ASSENT_WARNINGS} -Wconversion)
  target_link_libraries(${name} PUBLIC ${deps})
endfunction()

# A dependency without a twin (generated messages, say) is shared.
function(assent_add_mutants_twin name sources deps)
  set(twins)
  foreach(dep IN LISTS deps)
    if(TARGET ${dep}_mutants)
      list(APPEND twins ${dep}_mutants)
    else()
      list(APPEND twins ${dep})
    endif()
  endforeach()
  assent_add_own_library(${name}_mutants "${sources}" "${twins}")
  target_compile_definitions(${name}_mutants PUBLIC ASSENT_WITH_MUTANTS)
  set_target_properties(${name}_mutants PROPERTIES EXCLUDE_FROM_ALL ON)
endfunction()

function(assent_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "MUTANTS" "" "SOURCES;DEPS;PUBLIC_HEADERS")
  assent_check_arguments(${name})
  assent_add_own_library(${name} "${ARG_SOURCES}" "${ARG_DEPS}")
  foreach(header IN LISTS ARG_PUBLIC_HEADERS)
    set_property(TARGET ${name} APPEND PROPERTY
      ASSENT_PUBLIC_HEADERS ${CMAKE_CURRENT_SOURCE_DIR}/${header})
  endforeach()
  if(ARG_MUTANTS)
    assent_add_mutants_twin(${name} "${ARG_SOURCES}" "${ARG_DEPS}")
  endif()
endfunction()

function(assent_add_executable name)
  add_executable(${name} ${ARGN})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_options(${name} PRIVATE ${ASSENT_WARNINGS})
  if(TARGET assent_tsan_options)
    target_link_libraries(${name} PRIVATE assent_tsan_options)
  endif()
endfunction()

function(assent_program name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "INSTALL" "" "SOURCES;DEPS")
  assent_check_arguments(${name})
  assent_add_executable(${name} ${ARG_SOURCES})
  target_compile_options(${name} PRIVATE -Wconversion)
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} ${ASSENT_ALLOCATOR})
  if(ARG_INSTALL)
    install(TARGETS ${name} RUNTIME)
    set_property(GLOBAL APPEND PROPERTY ASSENT_INSTALLED_PROGRAMS ${name})
  endif()
endfunction()

function(assent_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "SERIAL" "TIMEOUT" "SOURCES;DEPS;LABELS;ARGS;PROGRAMS")
  assent_check_arguments(${name})
  assent_add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPS} GTest::gmock_main GTest::gmock GTest::gtest)
  if(ARG_PROGRAMS)
    add_dependencies(${name} ${ARG_PROGRAMS})
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 300)
  endif()
  if(NOT ARG_LABELS)
    get_filename_component(ARG_LABELS ${CMAKE_CURRENT_SOURCE_DIR} NAME)
  endif()
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT} LABELS "${ARG_LABELS}")
  if(ARG_SERIAL)
    set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
  endif()
endfunction()

# Runs protoc for each of ARGN; the generated .cc files are listed in ${result}.
function(assent_run_protoc result kind)
  set(outputs)
  if(kind STREQUAL "grpc")
    set(suffix .grpc.pb)
    set(options --grpc_out=${ASSENT_GENERATED_DIR}
                --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
  else()
    set(suffix .pb)
    set(options --cpp_out=${ASSENT_GENERATED_DIR})
  endif()
  foreach(proto IN LISTS ARGN)
    string(REGEX REPLACE "[.]proto$" "${suffix}" base ${ASSENT_GENERATED_DIR}/${proto})
    add_custom_command(OUTPUT ${base}.cc ${base}.h
      COMMAND protobuf::protoc -I ${CMAKE_CURRENT_SOURCE_DIR} ${options} ${proto}
      DEPENDS ${ASSENT_ALL_PROTOS} ${CMAKE_CURRENT_SOURCE_DIR}/${proto}
      COMMENT "Generating ${proto} (${kind})"
      VERBATIM)
    list(APPEND outputs ${base}.cc)
  endforeach()
  set(${result} ${outputs} PARENT_SCOPE)
endfunction()

# A static library of generated code: no warnings of ours, its headers are system headers.
function(assent_add_generated_library name kind)
  file(GLOB_RECURSE ASSENT_ALL_PROTOS CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.proto)
  assent_run_protoc(sources ${kind} ${ARGN})
  assent_add_static_library(${name} ${sources})
  target_compile_options(${name} PRIVATE -w)
  target_include_directories(${name} SYSTEM PUBLIC
    $<BUILD_INTERFACE:${ASSENT_GENERATED_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  list(TRANSFORM sources REPLACE "[.]cc$" ".h")
  set_property(TARGET ${name} PROPERTY ASSENT_GENERATED_HEADERS ${sources})
endfunction()

function(assent_proto_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "PROTOS;DEPS")
  assent_check_arguments(${name})
  assent_add_generated_library(${name} messages ${ARG_PROTOS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} protobuf::libprotobuf)
endfunction()

function(assent_grpc_library name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "" "PROTOS;DEPS")
  assent_check_arguments(${name})
  assent_add_generated_library(${name} grpc ${ARG_PROTOS})
  target_link_libraries(${name} PUBLIC ${ARG_DEPS} gRPC::grpc++)
endfunction()
