# Flags that hold for every target: compiler cache, linker, optimization, sanitizers.
include(CheckLinkerFlag)

find_program(ASSENT_CCACHE ccache)
if(ASSENT_CCACHE)
  # Presets and copies of a build directory share what they compile alike: paths below the build
  # directory are hashed relative to it.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_BINARY_DIR} ${ASSENT_CCACHE})
endif()

check_linker_flag(CXX -fuse-ld=lld ASSENT_HAS_LLD)
if(ASSENT_HAS_LLD)
  add_link_options(-fuse-ld=lld)
endif()

# No NDEBUG anywhere: broken invariants stop a release as well.
set(CMAKE_CXX_FLAGS_RELEASE
    "-O3 -g -D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong")
set(CMAKE_C_FLAGS_RELEASE "${CMAKE_CXX_FLAGS_RELEASE}")
if(ASSENT_SANITIZER STREQUAL "none")
  set(CMAKE_CXX_FLAGS_DEBUG "-Og -g -D_GLIBCXX_ASSERTIONS")
else()
  # A report names lines, not variables; so much less debugging information is a fifth of the
  # compiler's time.
  set(CMAKE_CXX_FLAGS_DEBUG "-O1 -g1 -D_GLIBCXX_ASSERTIONS")
endif()

if(ASSENT_SANITIZER STREQUAL "address")
  set(sanitizer_flags -fsanitize=address,undefined -fno-sanitize-recover=all)
elseif(ASSENT_SANITIZER STREQUAL "thread")
  set(sanitizer_flags -fsanitize=thread)
elseif(NOT ASSENT_SANITIZER STREQUAL "none")
  message(FATAL_ERROR "ASSENT_SANITIZER is '${ASSENT_SANITIZER}'; use none, address or thread")
endif()
if(NOT ASSENT_SANITIZER STREQUAL "none")
  add_compile_options(${sanitizer_flags} -fno-omit-frame-pointer)
  add_link_options(${sanitizer_flags})
endif()

if(ASSENT_CRASH_POINTS)
  add_compile_definitions(ASSENT_CRASH_POINTS=1)
endif()

# Shared flags of our own code; generated code is compiled without them.
set(ASSENT_WARNINGS -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Werror=switch)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  list(APPEND ASSENT_WARNINGS -Wthread-safety)
endif()

# Programs free on one thread what another one allocated minutes ago, in large number: the C
# library's allocator takes a third of their time for it (docs/performance.md). Sanitizers bring
# their own.
set(ASSENT_ALLOCATOR)
if(ASSENT_SANITIZER STREQUAL "none")
  find_library(ASSENT_JEMALLOC jemalloc REQUIRED)
  set(ASSENT_ALLOCATOR ${ASSENT_JEMALLOC})
endif()
