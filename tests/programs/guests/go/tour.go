// Goroutines, files, maps, errors and a panic caught, as Go's library has them for WASI.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

type shape interface{ Area() float64 }
type square struct{ Side float64 }

func (s square) Area() float64 { return s.Side * s.Side }

func sum[T int | float64](values ...T) (total T) {
	for _, value := range values {
		total += value
	}
	return
}

func caught(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("caught: %v", r)
		}
	}()
	f()
	return nil
}

func main() {
	fmt.Println(os.Args[1:], os.Getenv("COLOUR"), len(os.Environ()))
	lines := 0
	for scanner := bufio.NewScanner(os.Stdin); scanner.Scan(); lines++ {
		fmt.Printf("%d %q\n", lines, strings.ToUpper(scanner.Text()))
	}
	var wait sync.WaitGroup
	var lock sync.Mutex
	total, jobs := 0, make(chan int)
	for worker := 0; worker < 8; worker++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for job := range jobs {
				lock.Lock()
				total += job * job
				lock.Unlock()
			}
		}()
	}
	for i := 0; i < 1000; i++ {
		jobs <- i
	}
	close(jobs)
	wait.Wait()
	fmt.Println(total, sum(1, 2, 3), sum(0.5, 0.25), shape(square{3}).Area())
	fmt.Println(caught(func() { var m map[string]int; m["x"] = 1 }))
	fmt.Println(caught(func() { var p *square; _ = p.Area() }))
	fmt.Println(caught(func() { _ = []int{1}[len(os.Args)+5] }))
	fmt.Println(new(big.Int).Exp(big.NewInt(3), big.NewInt(200), nil))
	text, _ := json.Marshal(map[string]any{"b": []int{1, 2}, "a": square{1.5}, "é": nil})
	fmt.Println(string(text), regexp.MustCompile(`(\w+)@(\w+)`).ReplaceAllString("me@here", "$2 of $1"))

	work := os.Args[1]
	must(os.MkdirAll(filepath.Join(work, "a/b"), 0o755))
	for i := 0; i < 30; i++ {
		must(os.WriteFile(filepath.Join(work, "a", fmt.Sprintf("f%02d", i)), []byte(strings.Repeat("x", i)), 0o644))
	}
	var names []string
	must(filepath.WalkDir(filepath.Join(work, "a"), func(path string, entry fs.DirEntry, err error) error {
		names = append(names, entry.Name())
		return err
	}))
	sort.Strings(names)
	fmt.Println(len(names), names[:3])
	must(os.Rename(filepath.Join(work, "a/f29"), filepath.Join(work, "moved")))
	must(os.Symlink("moved", filepath.Join(work, "link")))
	info, err := os.Stat(filepath.Join(work, "link"))
	must(err)
	fmt.Println(info.Size(), info.Mode().IsRegular())
	_, err = os.Open(filepath.Join(work, "none"))
	fmt.Println(errors.Is(err, fs.ErrNotExist), err)
	fmt.Println(os.Remove(filepath.Join(work, "a")) != nil, os.RemoveAll(filepath.Join(work, "a")))
	began := time.Now()
	time.Sleep(30 * time.Millisecond)
	select {
	case <-time.After(10 * time.Millisecond):
		fmt.Println("after", time.Since(began) >= 40*time.Millisecond)
	case <-make(chan int):
	}
	count := 0
	sieve := make([]bool, 2_000_000)
	for i := 2; i < len(sieve); i++ {
		if !sieve[i] {
			count++
			for j := i * i; j < len(sieve); j += i {
				sieve[j] = true
			}
		}
	}
	fmt.Println(count)
	os.Exit(lines)
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
