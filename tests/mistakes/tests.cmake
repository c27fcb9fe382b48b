# What the compiler says to typical mistakes in a shape.
find_package(Python3 3.10 REQUIRED COMPONENTS Interpreter)
add_test(NAME mistakes
  COMMAND ${Python3_EXECUTABLE} ${CMAKE_CURRENT_LIST_DIR}/mistakes_test.py ${CMAKE_CXX_COMPILER} ${PROJECT_SOURCE_DIR}/src)
set_tests_properties(mistakes PROPERTIES TIMEOUT 300)
