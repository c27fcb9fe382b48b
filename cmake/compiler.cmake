# Flags of every target of ours, on the interface library mp_options.
add_library(mp_options INTERFACE)
target_compile_options(mp_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wnull-dereference -Wdouble-promotion -Wimplicit-fallthrough -Werror
  -fno-omit-frame-pointer -fstack-protector-strong)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # False alarms of g++ 12 in optimised code of std::optional, std::variant and std::string.
  target_compile_options(mp_options INTERFACE -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-array-bounds -Wno-null-dereference -Wno-stringop-overread)
endif()

if(MP_SANITIZE)
  add_compile_options(-fsanitize=${MP_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${MP_SANITIZE})
endif()

# ccache answers for what has been compiled before; mold links in a blink. Both are used where they are.
find_program(MP_CCACHE ccache)
if(MP_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${MP_CCACHE})
endif()
find_program(MP_MOLD mold)
if(MP_MOLD AND NOT MP_LTO)
  add_link_options(-fuse-ld=mold)
endif()

# The message path alone is optimised across files: Asio and the command line gain nothing and cost link time.
function(mp_message_path)
  if(MP_LTO)
    foreach(layer ${ARGN})
      get_target_property(type mp_${layer} TYPE)
      if(NOT type STREQUAL "INTERFACE_LIBRARY")
        set_target_properties(mp_${layer} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
      endif()
    endforeach()
  endif()
endfunction()
