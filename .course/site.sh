# shellcheck shell=bash
# The course website.

#: site [--serve|--test]  build the course website; show it, or check every page of it
do_site() {
  case $* in
    '' | --serve) ;;
    --test) set_up "$site_test_needs" >&2 ;;
    *) usage_error "site takes no argument but --serve or --test" ;;
  esac
  set_up "$site_needs" >&2
  prepare
  build lessons
  exec docs/site "$@"
}
