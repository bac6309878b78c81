// Reads argvs as cobra and pflag do, with which kubeadm, kubectl and helm are made: one JSON list a line in, one JSON object
// (or null: refused) a line out. The grammar is the toy of test/unit/gatekeeper/library/toy.ts.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

type reading struct {
	Alpha    bool     `json:"alpha"`
	Count    int      `json:"count"`
	Beta     *int     `json:"beta"`
	Gamma    []string `json:"gamma"`
	Delta    *string  `json:"delta_long"`
	Operands []string `json:"operands"`
}

func read(argv []string) *reading {
	it := reading{Gamma: []string{}, Operands: []string{}}
	ran := false
	command := &cobra.Command{Use: "go", Run: func(_ *cobra.Command, operands []string) {
		ran = true
		it.Operands = append(it.Operands, operands...)
	}}
	flags := command.Flags()
	flags.BoolVarP(&it.Alpha, "alpha", "a", false, "")
	flags.CountVarP(&it.Count, "count", "k", "")
	beta := flags.IntP("beta", "b", 0, "")
	delta := flags.String("delta-long", "", "")
	flags.StringArrayVarP(&it.Gamma, "gamma", "g", []string{}, "")
	toy := &cobra.Command{Use: "toy", SilenceErrors: true, SilenceUsage: true}
	toy.AddCommand(command)
	toy.SetOut(io.Discard)
	toy.SetErr(io.Discard)
	toy.SetArgs(argv)
	if toy.Execute() != nil || !ran {
		return nil
	}
	flags.Visit(func(given *pflag.Flag) {
		switch given.Name {
		case "beta":
			it.Beta = beta
		case "delta-long":
			it.Delta = delta
		}
	})
	return &it
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var argv []string
		if json.Unmarshal(lines.Bytes(), &argv) != nil {
			os.Exit(1)
		}
		text, _ := json.Marshal(read(argv))
		fmt.Println(string(text))
	}
}
