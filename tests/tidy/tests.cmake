# The house rules as a test.
find_package(Python3 3.10 REQUIRED COMPONENTS Interpreter)
add_test(NAME tidy
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/tidy/tidy_test.py --build ${CMAKE_BINARY_DIR})
set_tests_properties(tidy PROPERTIES TIMEOUT 120)
