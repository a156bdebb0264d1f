package main

var _ = register(scenario{
	name:      "R6",
	criterion: "10,000 files dropped while stopped; restart; restart again: 0 missed, 0 redone",
	run:       dropWhileStopped,
})

func dropWhileStopped(t *trial) {
	s := t.newSite(setup{})
	s.serve().stop() // it has seen the empty folder
	sources := names("%05d.jpg", 0, t.size(10000, 1000))
	for i, name := range sources {
		s.drop(name, smallPicture(i))
	}
	s.finish(sources)
	missed := s.lost(sources)
	before := s.published()
	worked := s.journal.count(msg("done"))

	// The witness shows that the second start has looked into the folder at all.
	s.drop("witness.jpg", smallPicture(len(sources)))
	s.finish([]string{"witness.jpg"})
	redone := len(repeated(s.journal.perPath(msg("done"))))
	replaced := 0
	for output, now := range s.published() {
		if was, stood := before[output]; stood && was != now {
			replaced++
		}
	}
	t.figure("files", len(sources))
	t.figure("done", worked)
	t.figure("missed", len(missed))
	t.figure("redone", redone)
	t.figure("replaced", replaced)
	t.expect(len(missed) == 0, "missed %d files, such as %.99q", len(missed), missed)
	t.expect(redone == 0, "%d files were worked on again", redone)
	t.expect(replaced == 0, "%d outputs were made again", replaced)
}
