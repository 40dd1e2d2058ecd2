include(FetchContent)
FetchContent_Declare(mp GIT_REPOSITORY ${MP_REPOSITORY} GIT_TAG main)
FetchContent_MakeAvailable(mp)
