# Installs the two libraries that users link (assent::client, assent::participant), every library
# of ours that they need, their public headers, the CMake package and the pkg-config files.
#
# Public headers go to include/assent/<folder>/, so users write <assent/client/client.h>; the
# generated ones to include/, as "assent/v1/x.pb.h". Comes after all folders.
include(CMakePackageConfigHelpers)

set(ASSENT_PACKAGE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/assent)

# The libraries of ours that `target` needs, itself first, each before what it needs.
function(assent_closure target result)
  set(found ${target})
  get_target_property(deps ${target} INTERFACE_LINK_LIBRARIES)
  foreach(dep IN LISTS deps)
    string(REGEX REPLACE "^[$]<LINK_ONLY:(.*)>$" "\\1" dep "${dep}")
    string(REGEX REPLACE "^assent::" "assent_" dep "${dep}")
    if(dep MATCHES "^assent_" AND TARGET ${dep})
      assent_closure(${dep} below)
      list(REMOVE_ITEM found ${below})
      list(APPEND found ${below})
    endif()
  endforeach()
  set(${result} ${found} PARENT_SCOPE)
endfunction()

function(assent_install_headers target)
  get_target_property(headers ${target} ASSENT_PUBLIC_HEADERS)
  if(headers)
    foreach(header IN LISTS headers)
      file(RELATIVE_PATH path ${CMAKE_SOURCE_DIR} ${header})
      get_filename_component(folder ${path} DIRECTORY)
      install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/assent/${folder})
    endforeach()
  endif()
  get_target_property(headers ${target} ASSENT_GENERATED_HEADERS)
  if(headers)
    foreach(header IN LISTS headers)
      file(RELATIVE_PATH path ${ASSENT_GENERATED_DIR} ${header})
      get_filename_component(folder ${path} DIRECTORY)
      install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder})
    endforeach()
  endif()
endfunction()

# The pkg-config file of one library, which finds its prefix from where it lies. Other static
# libraries of ours follow it on the line.
function(assent_install_pkg_config target)
  assent_closure(${target} needed)
  set(ASSENT_LIBS)
  foreach(library IN LISTS needed)
    get_target_property(file_name ${library} OUTPUT_NAME)
    string(APPEND ASSENT_LIBS " -l${file_name}")
  endforeach()
  get_target_property(name ${target} OUTPUT_NAME)
  file(RELATIVE_PATH ASSENT_PC_TO_PREFIX
    ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
  configure_file(${CMAKE_SOURCE_DIR}/cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

set(installed)
foreach(target assent_client assent_participant)
  if(TARGET ${target})
    assent_closure(${target} needed)
    list(APPEND installed ${needed})
    assent_install_pkg_config(${target})
  endif()
endforeach()
list(REMOVE_DUPLICATES installed)

# What `cmake --install` expects to be built.
get_property(programs GLOBAL PROPERTY ASSENT_INSTALLED_PROGRAMS)
add_custom_target(assent_installed DEPENDS ${installed} ${programs})

if(installed)
  install(TARGETS ${installed} EXPORT assentTargets ARCHIVE)
  foreach(target IN LISTS installed)
    assent_install_headers(${target})
  endforeach()
  install(EXPORT assentTargets NAMESPACE assent:: DESTINATION ${ASSENT_PACKAGE_DIR})
  set(ASSENT_PROTO_DIR ${CMAKE_INSTALL_DATADIR}/assent/proto)
  configure_package_config_file(cmake/assentConfig.cmake.in ${CMAKE_BINARY_DIR}/assentConfig.cmake
    INSTALL_DESTINATION ${ASSENT_PACKAGE_DIR} PATH_VARS ASSENT_PROTO_DIR)
  write_basic_package_version_file(${CMAKE_BINARY_DIR}/assentConfigVersion.cmake
    COMPATIBILITY SameMinorVersion)
  install(FILES ${CMAKE_BINARY_DIR}/assentConfig.cmake ${CMAKE_BINARY_DIR}/assentConfigVersion.cmake
    DESTINATION ${ASSENT_PACKAGE_DIR})
endif()
