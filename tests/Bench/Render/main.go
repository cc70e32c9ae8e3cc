// Renders a template over data by Go's text/template for some seconds; it is built and run by the case "render".
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"text/template"
	"time"
)

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func cpu() float64 {
	var use syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &use))
	return float64(use.Utime.Nano()+use.Stime.Nano()) / 1e9
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	check(err)
	raw, err := os.ReadFile(os.Args[2])
	check(err)
	seconds, err := strconv.ParseFloat(os.Args[3], 64)
	check(err)
	var data interface{}
	check(json.Unmarshal(raw, &data))
	kickstart := template.Must(template.New("kickstart").Parse(string(text)))
	render := func() []byte {
		var out bytes.Buffer
		check(kickstart.Execute(&out, data))
		return out.Bytes()
	}
	if seconds == 0 {
		os.Stdout.Write(render())
		return
	}
	count, begun, before := 0, time.Now(), cpu()
	for time.Since(begun).Seconds() < seconds {
		for i := 0; i < 100; i++ {
			render()
		}
		count += 100
	}
	fmt.Println(count, time.Since(begun).Seconds(), cpu()-before)
}
