# Tests that are no GoogleTest programs: each folder of tests/ may bring a tests.cmake.
file(GLOB parts CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*/tests.cmake)
foreach(part ${parts})
  include(${part})
endforeach()
