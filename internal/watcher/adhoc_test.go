package watcher
import ("testing";"fmt";"os";"time";"path/filepath";"imgwatchd/internal/job";"context";"sync/atomic";"os/exec";"syscall")
func TestAdhocScale(t *testing.T) {
	root := t.TempDir()
	for i := range 100000 { p := filepath.Join(root, fmt.Sprint(i%100), fmt.Sprint("f", i, ".jpg")); if i<100 {os.MkdirAll(filepath.Dir(p),0o755)}; os.WriteFile(p, nil, 0o644) }
	<-time.After(1200*time.Millisecond)
	var n atomic.Int64; first := make(chan time.Time,1)
	done := make(chan ScanStats, 1)
	w := New(Options{Root: root, Recursive: true, Add: func(job.Job) bool { if n.Add(1)==1 {first<-time.Now()}; return true }, Hooks: Hooks{Scanned: func(s ScanStats){done<-s}}})
	ctx, cancel := context.WithCancel(t.Context())
	end := make(chan error,1)
	s0 := time.Now()
	go func(){ end<-w.Run(ctx)}()
	f := <-first
	st := <-done
	t.Logf("first %v scan %+v n=%d", f.Sub(s0), st, n.Load())
	var r0, r1 syscall.Rusage
	syscall.Getrusage(0,&r0)
	<-time.After(5*time.Second)
	syscall.Getrusage(0,&r1)
	t.Logf("idle 5s: user %v sys %v nvcsw %d", r1.Utime.Nano()-r0.Utime.Nano(), r1.Stime.Nano()-r0.Stime.Nano(), r1.Nvcsw-r0.Nvcsw)
	cancel(); <-end
}
func TestAdhocMount(t *testing.T) {
	s := play(t, nil)
	s.write("a.jpg","x"); s.wants("a.jpg")
	for i := range 5 {
	if out, err := exec.Command("mount","-t","tmpfs","none",s.root).CombinedOutput(); err!=nil { t.Skip(string(out)) }
	s.becomes("lost", lost)
	p := fmt.Sprintf("m%d.jpg", i)
	s.write(p,"y"); s.wants(p)
	exec.Command("umount","-l",s.root).Run()
	s.becomes("lost", lost)
	p = fmt.Sprintf("u%d.jpg", i)
	s.write(p,"y"); s.wants(p)
	}
}
func TestAdhocStorm(t *testing.T) {
	s := play(t, nil)
	s.write("x","y"); s.wants("x")
	for i := range 50000 { s.write(fmt.Sprintf("d%d/%d", i%50, i), "z") }
	got := map[string]int{}
	for len(got) < 50000 { got[next(t,"job",s.jobs).Path]++ }
	t.Log("lost", len(s.lost), "scans", len(s.scanned))
	for p, n := range got { if n>1 {t.Log(p,n)} }
}
