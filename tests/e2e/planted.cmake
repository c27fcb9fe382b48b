# What takes time and memory, of a collector with planted faults: src/main.cpp whose adapters come by planted.cpp. Here
# and in the optimised program, which alone has the allocator that tells of memory.
find_package(Python3 3.10 REQUIRED COMPONENTS Interpreter)
add_executable(planted EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/src/main.cpp ${PROJECT_SOURCE_DIR}/tests/e2e/planted.cpp)
if(MP_TESTS)
  set_target_properties(planted PROPERTIES EXCLUDE_FROM_ALL OFF)
endif()
target_link_libraries(planted PRIVATE mp_options ${MP_ALLOCATOR} mp_cli)
target_link_options(planted PRIVATE
  -Wl,--wrap=_ZN2mp5venue12make_adapterESt17basic_string_viewIcSt11char_traitsIcEE)
add_test(NAME profile
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/profile_test.py $<TARGET_FILE:marketprism>
    $<TARGET_FILE:planted>)
set_tests_properties(profile PROPERTIES TIMEOUT 300)
