# The program as a user runs it: commands, bad input, exit codes.
find_package(Python3 3.10 REQUIRED COMPONENTS Interpreter)
add_test(NAME e2e
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/cli_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(e2e PROPERTIES TIMEOUT 600)
# A venue that does what none should: docs/hostile.md.
add_test(NAME hostile
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/hostile_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(hostile PROPERTIES TIMEOUT 300)
# Faults of connections: docs/faults.md.
add_test(NAME faults_played
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/faults_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(faults_played PROPERTIES TIMEOUT 300)
# Recordings of real venues, served as venues.
add_test(NAME recordings
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/recordings_test.py
    $<TARGET_FILE:marketprism> ${MP_SHARED_DATA})
set_tests_properties(recordings PROPERTIES TIMEOUT 900)
# What other projects make of messages; fixtures and recordings to the last frame.
add_test(NAME pairs
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/pairs_test.py
    $<TARGET_FILE:marketprism> ${MP_SHARED_DATA})
set_tests_properties(pairs PROPERTIES TIMEOUT 600)
# The control API, the metrics, and the commands that look at a collector.
add_test(NAME control
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/control_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(control PROPERTIES TIMEOUT 300)
# What clients get of its events.
add_test(NAME stream
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/stream_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(stream PROPERTIES TIMEOUT 300)
# What others read of the Parquet files: those of the readers that are there.
add_test(NAME readers
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/readers_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(readers PROPERTIES TIMEOUT 300)
# The other side of sinks that have no server to be installed.
foreach(peer kafka:rdkafka zeromq:zeromq)
  string(REPLACE ":" ";" peer ${peer})
  list(GET peer 0 name)
  list(GET peer 1 library)
  add_executable(${name}_peer ${PROJECT_SOURCE_DIR}/tests/e2e/sinks/peers/${name}_peer.cpp)
  target_link_libraries(${name}_peer PRIVATE mp_options PkgConfig::${library})
endforeach()
# Sinks with the servers that they are for. Their long form: make test-sinks.
add_test(NAME sinks
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/sinks/sinks_test.py $<TARGET_FILE:marketprism>)
add_test(NAME sinks_hot
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/sinks/hot_test.py $<TARGET_FILE:marketprism>)
# Files on disks that are full.
add_test(NAME sinks_disk
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/sinks/disk_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(sinks sinks_hot sinks_disk PROPERTIES TIMEOUT 600)
# The alert rules, where Prometheus' tool is there.
find_program(MP_PROMTOOL promtool)
if(MP_PROMTOOL)
  add_test(NAME alerts COMMAND ${MP_PROMTOOL} test rules ${PROJECT_SOURCE_DIR}/tests/e2e/alerts_test.yml)
endif()
include(${PROJECT_SOURCE_DIR}/tests/e2e/planted.cmake)
