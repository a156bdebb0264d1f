package ledger

import (
	"errors"
	"testing"

	"imgwatchd/internal/job"
)

func TestSettled(t *testing.T) {
	file := job.Job{Folder: "photos", Path: "a.jpg", Fingerprint: job.Fingerprint{Size: 1, ModTime: 2, Inode: 3}}
	rejected := func(c job.Class) error { return job.Reject(c, "test", errors.New("cause")) }
	for _, test := range []struct {
		name string
		end  job.State
		err  error
		want bool
	}{
		{"done", job.Done, nil, true},
		{"malformed", job.Failed, rejected(job.Malformed), true},
		{"unreadable may be allowed later", job.Failed, rejected(job.Unreadable), false},
		{"no image", job.Skipped, rejected(job.NotImage), true},
		{"output stands", job.Skipped, rejected(job.Exists), true},
		{"vanished", job.Skipped, rejected(job.Vanished), false},
		{"disk full", job.Held, rejected(job.Transient), false},
		{"modified", job.Changed, rejected(job.Modified), false},
		{"stopped", job.Aborted, rejected(job.Stopping), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := New()
			l.Record(job.Outcome{Job: file, State: test.end, Err: test.err}, "recipe")
			if got := l.Settled(file, "recipe"); got != test.want {
				t.Errorf("Settled = %v, want %v", got, test.want)
			}
		})
	}
}

func TestSourceThatStayedIsNotSettled(t *testing.T) {
	l := New()
	o := job.Outcome{Job: job.Job{Folder: "photos", Path: "a.jpg"}, State: job.Done, Left: errors.New("archive is full")}
	l.Record(o, "recipe")
	if l.Settled(o.Job, "recipe") {
		t.Error("a source that could not be moved counts as settled")
	}
}

func TestSettledOnlyForTheSame(t *testing.T) {
	file := job.Job{Folder: "photos", Path: "a.jpg", Fingerprint: job.Fingerprint{Size: 1, ModTime: 2, Inode: 3}}
	l := New()
	l.Record(job.Outcome{Job: file, State: job.Done}, "recipe")

	grown, touched, replaced, elsewhere, other := file, file, file, file, file
	grown.Fingerprint.Size++
	touched.Fingerprint.ModTime++
	replaced.Fingerprint.Inode++
	elsewhere.Folder = "scans"
	other.Path = "b.jpg"
	for name, j := range map[string]job.Job{"grown": grown, "touched": touched, "replaced": replaced, "elsewhere": elsewhere, "other": other} {
		if l.Settled(j, "recipe") {
			t.Errorf("%s file counts as settled", name)
		}
	}
	if l.Settled(file, "edited recipe") {
		t.Error("file counts as settled under an edited recipe")
	}

	l.Record(job.Outcome{Job: file, State: job.Changed}, "recipe")
	if l.Settled(file, "recipe") {
		t.Error("file that changed since counts as settled")
	}
}
