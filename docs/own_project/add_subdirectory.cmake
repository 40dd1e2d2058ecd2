add_subdirectory(mp EXCLUDE_FROM_ALL)
