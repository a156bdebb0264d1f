// Command crowd measures what watching the service costs its work: it has a daemon work
// off the same files alone, and while many ask it.
//
//	crowd IMGWATCHD PHOTOS SCRATCH [-files N] [-rounds N] [-scrapes N] [-watchers N]
//
// The files are hard links to the photos, all there before the daemon starts. With a
// crowd, -scrapes requests a second are made for /metrics and -watchers clients read
// /v1/events all the time. The time is from the first file that is done to the last.
// The crowd itself runs on the same processors; its CPU seconds are printed beside the
// daemon's. Rounds are in turns; the ratio is the median of the rounds'.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// A load is what one run is asked to bear.
type load struct {
	scrapes  int // a second
	watchers int
}

// A result is what one run took.
type result struct {
	wall  time.Duration // from the first file done to the last
	cpu   time.Duration // of the daemon, user and system
	asked time.Duration // CPU time of the crowd
	seen  sightings
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("crowd", flag.ContinueOnError)
	files := flags.Int("files", 5000, "files of a run")
	rounds := flags.Int("rounds", 3, "runs of each kind")
	scrapes := flags.Int("scrapes", 200, "requests for the metrics per second")
	watchers := flags.Int("watchers", 100, "clients of the event stream")
	if len(args) < 3 {
		return fmt.Errorf("IMGWATCHD, PHOTOS and SCRATCH are wanted")
	}
	if err := flags.Parse(args[3:]); err != nil {
		return err
	}
	photos, err := filepath.Glob(filepath.Join(args[1], "*"))
	if err != nil || len(photos) == 0 {
		return fmt.Errorf("no photos in %q", args[1])
	}
	var ratios []float64
	for round := range *rounds {
		ratio, err := compare(ctx, round, trial{program: args[0], photos: photos, scratch: args[2], files: *files}, load{*scrapes, *watchers})
		if err != nil {
			return err
		}
		ratios = append(ratios, ratio)
	}
	slices.Sort(ratios)
	fmt.Printf("throughput with the crowd is %.3f of that without (median of %d rounds; goal 0.95)\n", ratios[len(ratios)/2], len(ratios))
	return nil
}

// compare makes one run alone and one with the crowd, in an order that changes from round
// to round, and returns the throughput of the one with the crowd as part of the other's.
func compare(ctx context.Context, round int, t trial, crowd load) (float64, error) {
	loads := []load{{}, crowd}
	if round%2 == 1 {
		slices.Reverse(loads)
	}
	walls := make(map[load]time.Duration)
	for i, l := range loads {
		r, err := t.run(ctx, fmt.Sprintf("run%d-%d", round, i), l)
		if err != nil {
			return 0, err
		}
		walls[l] = r.wall
		fmt.Printf("round %d: %3d scrapes/s, %3d watchers: %6.2f s, %5.0f files/s, CPU of the daemon %6.2f s, of the crowd %5.2f s, answered %d scrapes, %d events\n",
			round+1, l.scrapes, l.watchers, r.wall.Seconds(), float64(t.files-1)/r.wall.Seconds(), r.cpu.Seconds(), r.asked.Seconds(), r.seen.scrapes, r.seen.events)
	}
	return walls[load{}].Seconds() / walls[crowd].Seconds(), nil
}
