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
# Likewise on recordings of real venues, a family of books each.
add_test(NAME families
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/families_test.py
    $<TARGET_FILE:marketprism> ${MP_SHARED_DATA})
set_tests_properties(families PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77)
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
add_test(NAME top
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/top_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(top PROPERTIES TIMEOUT 300)
# The page: types and pure parts, weight, and in a browser all that it shows. Alone, as it has to be in time.
foreach(part parts size page)
  add_test(NAME web_${part}
    COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/web_test.py
      ${part} ${CMAKE_BINARY_DIR}/web/work $<TARGET_FILE:marketprism>)
endforeach()
set_tests_properties(web_parts web_size web_page PROPERTIES TIMEOUT 600 SKIP_RETURN_CODE 77 RESOURCE_LOCK web_work)
set_tests_properties(web_page PROPERTIES RUN_SERIAL TRUE)
# What clients get of its events.
add_test(NAME stream
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/stream_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(stream PROPERTIES TIMEOUT 300)
# What others read of the Parquet files: those of the readers that are there.
add_test(NAME readers
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/readers_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(readers PROPERTIES TIMEOUT 300)
# Many files become few, killed at many moments.
add_test(NAME compaction
  COMMAND ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/tests/e2e/compaction_test.py $<TARGET_FILE:marketprism>)
set_tests_properties(compaction PROPERTIES TIMEOUT 300)
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
