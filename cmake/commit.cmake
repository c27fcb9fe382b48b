# Writes OUTPUT, a header with the commit that is built ("+" where files differ from it), unless it says so already.
execute_process(COMMAND git -c safe.directory=* describe --always --dirty=+ --exclude=*
  WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT commit)
  set(commit unknown)
endif()
set(text "// Made by cmake/commit.cmake.\n#pragma once\n\nnamespace mp::bench {\ninline constexpr const char* kCommit = \"${commit}\";\n}  // namespace mp::bench\n")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT before STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
