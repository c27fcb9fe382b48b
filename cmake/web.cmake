# The page (web/), built by npm and put into the program, beside the documents that it serves: src/control/assets.hpp.
set(mp_web_dir ${CMAKE_BINARY_DIR}/web)
file(GLOB_RECURSE mp_web_sources CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/web/src/* ${PROJECT_SOURCE_DIR}/web/index.html ${PROJECT_SOURCE_DIR}/web/*.json
  ${PROJECT_SOURCE_DIR}/web/vite.config.ts)
add_custom_command(
  OUTPUT ${mp_web_dir}/embedded.cpp
  COMMAND ${PROJECT_SOURCE_DIR}/scripts/build-web.sh ${mp_web_dir}/work ${mp_web_dir}/dist
  COMMAND ${CMAKE_COMMAND} -DDIST=${mp_web_dir}/dist -DMORE=${PROJECT_SOURCE_DIR}/docs/openapi.json
          -DOUT=${mp_web_dir}/embedded.cpp -P ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  DEPENDS ${mp_web_sources} ${PROJECT_SOURCE_DIR}/docs/openapi.json ${PROJECT_SOURCE_DIR}/scripts/build-web.sh
          ${PROJECT_SOURCE_DIR}/cmake/embed.cmake
  COMMENT "Building the page" VERBATIM)
target_sources(mp_control PRIVATE ${mp_web_dir}/embedded.cpp)
