# shellcheck shell=bash
# The course website.

reveal=reveal.js-6.0.2

# The library that shows the slides; no distribution has it.
get_reveal() {
  [ -e ".deps/$reveal/reveal.js" ] && return
  say "Fetching $reveal" >&2
  mkdir -p .deps
  (cd .deps && npm pack --silent "${reveal/js-/js@}" >/dev/null && tar -xzf "$reveal.tgz" && rm "$reveal.tgz" \
    && mv package/dist "$reveal" && cp package/LICENSE "$reveal" && rm -r package) || die "npm could not fetch $reveal"
}

#: site [OPTION]          build the course website; --serve shows it, --watch also builds it when a file changes,
#:                        --test checks every page, --rerun runs all lessons again, --epub makes an e-book,
#:                        --slides makes presentations
do_site() {
  local option
  for option; do
    case $option in
      --rerun | --serve | --watch | --epub) ;;
      --slides) set_up "$slides_needs" >&2; get_reveal ;;
      --test) set_up "$site_test_needs" >&2; get_reveal ;;
      *) usage_error "site takes only --serve, --watch, --test, --rerun, --epub and --slides" ;;
    esac
  done
  set_up "$site_needs" >&2
  prepare
  build lessons
  exec docs/site "$@"
}
