#!/bin/bash
# Fetches the servers that sinks are tried with and Debian has no package of, each once, through the
# registry's own client (mvn, go, pip) into build/deps/servers; `make test` needs none of them.
# What cannot be had is said and left out. Prints, as lines for a shell, what the tests are to be
# told: MP_KAFKA, MP_QUESTDB (class paths), MP_NATS, MP_INFLUXD (programs), MP_CHDB (a Python).
set -uo pipefail
cd "$(dirname "$0")/.." || exit
servers=$PWD/build/deps/servers
mkdir -p "$servers"
maven_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

# The jars of one artifact and of all that it needs: what its pom says, and that never changes.
maven() {  # FOLDER GROUP ARTIFACT VERSION
  cat >"$1/pom.xml" <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>none</groupId><artifactId>none</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>$2</groupId><artifactId>$3</artifactId><version>$4</version>
  </dependency></dependencies>
</project>
END
  mvn -q -B -f "$1/pom.xml" "$maven_plugin:copy-dependencies" -DincludeScope=runtime \
    -DoutputDirectory="$1/lib"
}
kafka() { maven "$1" org.apache.kafka kafka_2.13 4.4.0; }
questdb() { maven "$1" org.questdb questdb 9.3.4; }

chdb() {
  python3 -m venv "$1" &&
    "$1/bin/pip" install -q --disable-pip-version-check chdb==4.4.0 chdb-core==26.9.0
}

# A program, and what its module says that it needs; the checksum database knows them.
go_module() { go mod init none && go get "$1@$2"; }  # PACKAGE VERSION
go_program() { go build -p 1 -o "$1" "$2"; }         # NAME PACKAGE
nats() {
  local package=github.com/nats-io/nats-server/v2
  cd "$1" && go_module "$package" v2.15.2 && go_program nats-server "$package"
}
# Its query language Flux is a library in Rust that is not asked here, and left out: of it there are
# the headers alone, and in the place of the file that asks it at the start one that does not.
influxd() {
  local package=github.com/influxdata/influxdb/cmd/influxd flux=github.com/influxdata/flux
  cd "$1" && go_module "$package" v1.13.2 || return
  cp -r --no-preserve=mode "$(go list -m -f '{{.Dir}}' "$flux")" flux || return
  cat >flux/runtime/lookup.go <<END
package runtime

import "github.com/influxdata/flux/semantic"

func LookupBuiltinType(pkg, name string) (semantic.MonoType, error) {
	return MustLookupBuiltinType(pkg, name), nil
}

func MustLookupBuiltinType(pkg, name string) semantic.MonoType {
	return semantic.NewFunctionType(semantic.BasicInt, nil)
}
END
  printf 'Name: flux\nDescription: headers\nVersion: 0\nCflags: -I%s\nLibs: -Wl,%s\n' \
    "$PWD/flux/libflux/include" --unresolved-symbols=ignore-all >flux.pc
  go mod edit -replace "$flux=./flux" &&
    PKG_CONFIG_PATH=$PWD CGO_LDFLAGS_ALLOW='.*' go_program influxd "$package" && rm -r flux
}

# A folder that is there is whole: it is made under another name.
fetch() {  # NAME CLIENT
  local name=$1 client=$2 work=$servers/$1
  [ -d "$work" ] && return
  if ! command -v "$client" >/dev/null; then
    echo "without $name: there is no $client to fetch it" >&2
    return 1
  fi
  echo "fetching $name" >&2
  mkdir -p "$work.new" && ("$name" "$work.new") >"$work.log" 2>&1 && mv "$work.new" "$work" && return
  echo "without $name: it cannot be had; $(tail -n 1 "$work.log")" >&2
  rm -rf "$work.new"
  return 1
}

say() { printf 'export %s=%q\n' "$1" "$2"; }
command -v java >/dev/null || echo 'without kafka and questdb: there is no java to run them' >&2
if command -v java >/dev/null; then
  fetch kafka mvn && say MP_KAFKA "$servers/kafka/lib/*"
  fetch questdb mvn && say MP_QUESTDB "$servers/questdb/lib/*"
fi
fetch nats go && say MP_NATS "$servers/nats/nats-server"
fetch influxd go && say MP_INFLUXD "$servers/influxd/influxd"
fetch chdb python3 && say MP_CHDB "$servers/chdb/bin/python"
exit 0
