include(Batches)

# Compile options of every target of the tool.
add_library(saasctl_options INTERFACE)
target_compile_options(saasctl_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Wextra-semi -Werror
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
# GCC 12 reports overlapping copies in std::string::insert and operator+ that do not exist (GCC bug 105651, fixed in 13).
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(saasctl_options INTERFACE -Wno-restrict)
endif()
# After the optimiser has inlined the standard library, these warnings are unreliable: the compiler prints them, but they are not
# errors. -Wdangling-pointer is unreliable without the optimiser, too.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(saasctl_options INTERFACE -Wno-error=dangling-pointer
    $<$<CONFIG:Release>:-Wno-error=maybe-uninitialized -Wno-error=array-bounds -Wno-error=stringop-overflow
    -Wno-error=stringop-overread -Wno-error=nonnull -Wno-error=free-nonheap-object>)
endif()
target_include_directories(saasctl_options INTERFACE "${CMAKE_SOURCE_DIR}/cli")
# A finding ends the program: if undefined behaviour were only printed, tests would still pass.
add_library(saasctl_sanitizers INTERFACE)
target_link_libraries(saasctl_options INTERFACE saasctl_sanitizers)
if(SAASCTL_SANITIZE)
  target_compile_options(saasctl_sanitizers INTERFACE -fsanitize=${SAASCTL_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(saasctl_sanitizers INTERFACE -fsanitize=${SAASCTL_SANITIZE})
  # GCC 12 reports false uninitialized variables inside the standard library when sanitizers inline it.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(saasctl_sanitizers INTERFACE -Wno-error=maybe-uninitialized)
  endif()
endif()

# room(NAME USES rooms... LINKS libraries...): builds one folder of cli/ as one static library. USES lists the rooms whose headers
# it may include; tests/unit/rooms_test.cpp checks the #include lines. With SAASCTL_UNITY, several files are compiled as one: what
# is in unnamed namespaces must have different names in the files of a room.
function(room NAME)
  cmake_parse_arguments(ROOM "" "" "USES;LINKS" ${ARGN})
  file(GLOB SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/*.cpp")
  batches(SOURCES "${CMAKE_SOURCE_DIR}/cli" ${SOURCES})
  add_library(saasctl_${NAME} STATIC ${SOURCES})
  list(TRANSFORM ROOM_USES PREPEND saasctl_)
  target_link_libraries(saasctl_${NAME} PUBLIC ${ROOM_USES} PRIVATE saasctl_options PUBLIC ${ROOM_LINKS})
endfunction()
