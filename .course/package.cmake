# The toolkit for other projects: find_package(mp), pkg-config, and Debian packages.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mp)

# Installs mp::NAME, either as part of the toolkit with the headers of its chapter, or as a separate
# component with its headers.
function(mp_install_toolkit NAME COMPONENT)
  if(COMPONENT)
    install(FILES ${ARGN} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mp COMPONENT ${COMPONENT})
    install(EXPORT mp-${COMPONENT}-targets NAMESPACE mp:: DESTINATION ${package_dir}
            COMPONENT ${COMPONENT})
  else()
    set(COMPONENT toolkit)
    install(DIRECTORY mp/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/mp COMPONENT toolkit
            FILES_MATCHING PATTERN "*.hpp" PATTERN "cluster_*" EXCLUDE PATTERN "mpi_*" EXCLUDE)
  endif()
  install(TARGETS mp_${NAME} EXPORT mp-${COMPONENT}-targets COMPONENT ${COMPONENT}
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endfunction()

install(EXPORT mp-toolkit-targets NAMESPACE mp:: DESTINATION ${package_dir} COMPONENT toolkit)
file(CONFIGURE OUTPUT mp-config.cmake @ONLY CONTENT [[
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(cereal)
include(${CMAKE_CURRENT_LIST_DIR}/mp-toolkit-targets.cmake)
if(cluster IN_LIST mp_FIND_COMPONENTS AND EXISTS ${CMAKE_CURRENT_LIST_DIR}/mp-cluster-targets.cmake)
  find_package(MPI QUIET COMPONENTS CXX)
  if(MPI_CXX_FOUND)
    include(${CMAKE_CURRENT_LIST_DIR}/mp-cluster-targets.cmake)
  endif()
endif()
foreach(component IN LISTS mp_FIND_COMPONENTS)
  if(TARGET mp::${component})
    set(mp_${component}_FOUND TRUE)
  elseif(mp_FIND_REQUIRED_${component})
    set(mp_FOUND FALSE)
    set(mp_NOT_FOUND_MESSAGE "mp has no component ${component} here. Its components are process, channels, watchdog, shared, pools, and cluster where it was installed and Open MPI is found.")
  endif()
endforeach()
]])
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mp-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mp-config.cmake ${PROJECT_BINARY_DIR}/mp-config-version.cmake
        DESTINATION ${package_dir} COMPONENT toolkit)

file(RELATIVE_PATH to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
file(CONFIGURE OUTPUT mp.pc @ONLY CONTENT [[
prefix=${pcfiledir}/@to_prefix@
Name: mp
Description: @PROJECT_DESCRIPTION@
Version: @PROJECT_VERSION@
Cflags: -I${prefix}/@CMAKE_INSTALL_INCLUDEDIR@
Libs: -L${prefix}/@CMAKE_INSTALL_LIBDIR@ -lmp_pools -lmp_shared -lmp_watchdog -lmp_channels -lmp_process -pthread
]])
install(FILES ${PROJECT_BINARY_DIR}/mp.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT toolkit)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libmp-dev RENAME copyright COMPONENT toolkit)

# Debian packages of the toolkit alone: `cpack -G DEB` in the build folder.
function(mp_configure_packages)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_CONTACT "The authors of the course")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_COMPONENTS_ALL toolkit)
  set(CPACK_DEB_COMPONENT_INSTALL ON)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_TOOLKIT_PACKAGE_NAME libmp-dev)
  set(CPACK_DEBIAN_TOOLKIT_PACKAGE_DEPENDS libcereal-dev)
  set(CPACK_COMPONENT_TOOLKIT_DESCRIPTION "${PROJECT_DESCRIPTION}: the toolkit mp")
  if(TARGET mp_cluster)
    list(APPEND CPACK_COMPONENTS_ALL cluster)
    set(CPACK_DEBIAN_CLUSTER_PACKAGE_NAME libmp-cluster-dev)
    set(CPACK_DEBIAN_CLUSTER_PACKAGE_DEPENDS "libmp-dev (= ${PROJECT_VERSION}), libopenmpi-dev")
    set(CPACK_COMPONENT_CLUSTER_DESCRIPTION "${PROJECT_DESCRIPTION}: mp::cluster, over Open MPI")
  endif()
  include(CPack)
endfunction()
if(PROJECT_IS_TOP_LEVEL)
  cmake_language(DEFER CALL mp_configure_packages)  # only then is it known whether there is mp::cluster
endif()
