# Flags of every target of ours, on the interface library mp_options.
add_library(mp_options INTERFACE)
target_compile_options(mp_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -Werror
  -fno-omit-frame-pointer -fstack-protector-strong)
# Options structs are written with designated initialisers; what is left out has its default.
target_compile_options(mp_options INTERFACE -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  target_compile_options(mp_options INTERFACE $<$<VERSION_GREATER_EQUAL:${CMAKE_CXX_COMPILER_VERSION},19>:-Wno-missing-designated-field-initializers>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 in optimised code of std::optional, std::variant, std::string and Asio's coroutines.
  target_compile_options(mp_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds -Wno-null-dereference -Wno-mismatched-new-delete -Wno-stringop-overread)
endif()

# What is optimised is what people run: a broken promise that reaches memory should end the process, not be used.
# Sanitizers check more than _FORTIFY_SOURCE, and do not go with it; tests check libstdc++'s preconditions too.
if(NOT MP_SANITIZE AND CMAKE_BUILD_TYPE STREQUAL "Release")
  # -fPIE rather than -fPIC: our libraries are static, and PIC would keep functions from being inlined.
  add_compile_options(-fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-clash-protection)
  add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie> -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection=full)
  endif()
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Debug")
  add_compile_definitions(_GLIBCXX_ASSERTIONS)
endif()

if(MP_SANITIZE)
  add_compile_options(-fsanitize=${MP_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MP_SANITIZE})
endif()

# ccache answers for what has been compiled before (but knows nothing of profiles); mold links in a blink. Both are used
# where they are.
find_program(MP_CCACHE ccache)
if(MP_CCACHE AND NOT MP_PGO)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MP_CCACHE})
  if(MP_READ_ONCE)  # which it takes on these terms alone
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${MP_CCACHE})
  endif()
endif()

# Half of the work of a release build was reading the same headers again, and making the same of them. So the files of a
# layer are compiled in one piece: a name in an unnamed namespace is then the only one in its layer.
function(mp_compile_together)
  if(MP_READ_ONCE)
    foreach(layer ${ARGN})
      set_target_properties(mp_${layer} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 0)
      if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # which takes a source that is included for a header
        target_compile_options(mp_${layer} PRIVATE -Wno-subobject-linkage)
      endif()
    endforeach()
  endif()
endfunction()

# Files of venues, which call the same things alike, share what was read of the headers alone.
# mp_read_headers_once(mp_venue <venue/support.hpp>)
function(mp_read_headers_once target)
  if(MP_READ_ONCE)
    target_precompile_headers(${target} PRIVATE <algorithm> <array> <charconv> <chrono> <filesystem> <functional>
      <map> <memory> <optional> <random> <ranges> <set> <span> <string> <string_view> <unordered_map> <variant> <vector>
      <fmt/format.h> ${ARGN})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      target_compile_options(${target} PRIVATE -fpch-preprocess)
    endif()
  endif()
endfunction()

# What no message passes through need not be fast, and compiles in two thirds of the time.
function(mp_cold)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT MP_SANITIZE)
    foreach(layer ${ARGN})
      target_compile_options(mp_${layer} PRIVATE -O1)
    endforeach()
  endif()
endfunction()
find_program(MP_MOLD mold)
if(MP_MOLD AND NOT MP_LTO)
  add_link_options(-fuse-ld=mold)
endif()

# Profile-guided optimisation of the layers that a message passes through, in two builds of one folder (scripts/pgo.sh).
# The profile of each object file lies beside it; what the training never ran is optimised as without one.
if(MP_PGO STREQUAL "train")
  set(mp_pgo_options -fprofile-generate -fprofile-update=prefer-atomic)
  add_link_options(-fprofile-generate)
elseif(MP_PGO STREQUAL "use")
  set(mp_pgo_options -fprofile-use -fprofile-partial-training -fprofile-correction -Wno-missing-profile)
elseif(MP_PGO)
  message(FATAL_ERROR "MP_PGO is \"${MP_PGO}\"; expected train or use")
endif()
function(mp_message_path)
  foreach(layer ${ARGN})
    target_compile_options(mp_${layer} PRIVATE ${mp_pgo_options})
  endforeach()
endfunction()

# Optimised across files: Asio gains nothing from it and costs link time. In one piece: g++ knows
# which registers a function of ours leaves alone only where both are in one, and where it cuts
# depends on the size of all venues. And once, into an object that every program links: it takes a
# minute of one core, in which the other layers are compiled.
function(mp_optimise_as_one)
  if(NOT MP_LTO)
    return()
  endif()
  foreach(layer ${ARGN})
    set_target_properties(mp_${layer} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
    list(APPEND targets mp_${layer})
    list(APPEND archives $<TARGET_FILE:mp_${layer}>)
  endforeach()
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  set(object ${CMAKE_BINARY_DIR}/message_path.o)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_RELEASE}")
  add_custom_command(OUTPUT ${object} DEPENDS ${targets} VERBATIM COMMAND_EXPAND_LISTS
    COMMENT "Optimising the message path as one"
    COMMAND ${CMAKE_CXX_COMPILER} ${flags} -fPIE "$<TARGET_PROPERTY:mp_options,INTERFACE_COMPILE_OPTIONS>" -r -nostdlib
      -flto -flto-partition=one -flinker-output=nolto-rel -Wl,--whole-archive ${archives} -o ${object})
  add_custom_target(mp_message_path DEPENDS ${object})
  foreach(layer ${ARGN})  # what has it needs nothing of the archives
    target_sources(mp_${layer} INTERFACE $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:${object}>)
  endforeach()
endfunction()
