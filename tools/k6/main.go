// Command k6 is the load generator at the version pinned in ../go.mod, for machines that cannot reach its releases.
package main

import "go.k6.io/k6/v2/cmd"

func main() {
	cmd.Execute()
}
