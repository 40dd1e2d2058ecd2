# shellcheck shell=bash
# The course website.

#: site [OPTION]          build the course website; --serve shows it, --watch also builds it when a file changes,
#:                        --test checks every page, --rerun runs all lessons again, --epub makes a book of it
do_site() {
  local option
  for option; do
    case $option in
      --rerun | --serve | --watch | --epub) ;;
      --test) set_up "$site_test_needs" >&2 ;;
      *) usage_error "site takes no argument but --serve, --watch, --test, --rerun or --epub" ;;
    esac
  done
  set_up "$site_needs" >&2
  prepare
  build lessons
  exec docs/site "$@"
}
