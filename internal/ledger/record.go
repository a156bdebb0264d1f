package ledger

import (
	"cmp"
	"database/sql"
	"errors"
	"time"

	"imgwatchd/internal/job"
)

// newID is an ID that no source has or had.
const newID = `(SELECT max(last, coalesce((SELECT max(id) FROM sources), 0)) + 1 FROM source_ids)`

// Begin notes that a source is in work, and returns when that lasts.
func (l *Ledger) Begin(j job.Job, r *Recipe) error {
	path := r.Path(j.Path)
	now := time.Now().UnixNano()
	l.cache.drop(path)
	return l.update(func(tx *tx) error {
		if err := outdate(tx, path, j.Fingerprint); err != nil {
			return err
		}
		f := j.Fingerprint
		_, err := tx.exec(`
			INSERT INTO sources (id, path, folder, size, mtime, inode, state, started, seen)
			VALUES (`+newID+`, ?, ?, ?, ?, ?, 'working', ?, ?)
			ON CONFLICT (path) DO UPDATE SET
				folder = excluded.folder, size = excluded.size, mtime = excluded.mtime, inode = excluded.inode,
				state = 'working', started = excluded.started, seen = excluded.seen`,
			path, r.Folder, f.Size, f.ModTime, int64(f.Inode), now, now)
		return err
	})
}

// outdate makes what is known of a source hold no more that changed, or that left and
// came again. The renditions of one that changed are still its own to replace; those of
// one that left, or was about to, are of another picture.
func outdate(tx *tx, path string, f job.Fingerprint) error {
	var id int64
	var left bool
	err := tx.row(`SELECT id, gone OR leaves FROM sources WHERE path = ? AND (gone OR size <> ? OR mtime <> ? OR inode <> ?)`,
		path, f.Size, f.ModTime, int64(f.Inode)).Scan(&id, &left)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := tx.exec(`UPDATE renditions SET recipe = '', inode = 0, path = iif(?, '', path) WHERE source = ?`, left, id); err != nil {
		return err
	}
	_, err = tx.exec(`
		UPDATE sources SET leaves = 0, gone = 0, moved_to = '', attempts = 0, crashes = 0,
			sha256 = '', format = '', width = 0, height = 0
		WHERE id = ?`, id)
	return err
}

// Record notes how a job ended and returns when that lasts. An outcome that is no
// end gives the source back to the queue.
func (l *Ledger) Record(o job.Outcome, r *Recipe) error {
	path := r.Path(o.Job.Path)
	now := time.Now().UnixNano()
	hooks, event := l.address(path, o)
	l.cache.drop(path)
	err := l.update(func(tx *tx) error {
		news, err := isNews(tx, path, o, hooks)
		if err != nil {
			return err
		}
		s, err := recordSource(tx, path, o, r, now)
		if err != nil {
			return err
		}
		for _, out := range o.Outputs {
			if err := recordOutput(tx, s.id, out, r.Presets[out.Preset], now); err != nil {
				return err
			}
		}
		if err := recordRest(tx, s.id, o, r, now); err != nil || !news {
			return err
		}
		return l.post(tx, hooks, parcel{event, path, s.leaves, s.attempts, now})
	})
	l.tellAdded(hooks)
	return err
}

// A recorded source is what the row of a source says now.
type recorded struct {
	id       int64
	leaves   bool // it is to leave its folder
	attempts int
}

// recordSource notes the end of a job in the row of its source.
func recordSource(tx *tx, path string, o job.Outcome, r *Recipe, now int64) (s recorded, err error) {
	f := o.Job.Fingerprint
	if err := outdate(tx, path, f); err != nil {
		return s, err
	}
	reason := reasonOf(o.Err)
	state, ended, attempt := stateOf(o), now, 1
	if state == job.Queued {
		ended = 0
	}
	if o.State == job.Changed { // taken up too early
		attempt = 0
	}
	s.leaves = state == job.Done && r.DoneLeaves || state == job.Failed && r.FailedLeaves
	err = tx.row(`
		INSERT INTO sources (id, path, folder, size, mtime, inode, sha256, format, width, height,
			state, attempts, class, step, reason, leaves, moved_to, started, ended, seen)
		VALUES (`+newID+`, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (path) DO UPDATE SET
			folder = excluded.folder, size = excluded.size, mtime = excluded.mtime, inode = excluded.inode,
			sha256 = iif(excluded.sha256 = '', sha256, excluded.sha256),
			format = iif(excluded.format = '', format, excluded.format),
			width = iif(excluded.width = 0, width, excluded.width), height = iif(excluded.height = 0, height, excluded.height),
			state = excluded.state, class = excluded.class, step = excluded.step, reason = excluded.reason,
			leaves = excluded.leaves, moved_to = excluded.moved_to,
			attempts = attempts + excluded.attempts, crashes = iif(excluded.state = 'done', 0, crashes),
			ended = excluded.ended, seen = excluded.seen
		RETURNING id, attempts`,
		path, r.Folder, f.Size, f.ModTime, int64(f.Inode), o.Source.SHA256, o.Source.Format, o.Source.Width, o.Source.Height,
		state, attempt, reason.class, reason.step, reason.text, s.leaves, o.MovedTo, now, ended, now).Scan(&s.id, &s.attempts)
	return s, err
}

// stateOf returns the state of a source after a job.
func stateOf(o job.Outcome) job.State {
	switch o.State {
	case job.Done, job.Failed, job.Skipped:
		return o.State
	default:
		return job.Queued
	}
}

// A reason is an error, in columns.
type reason struct {
	class job.Class
	step  string
	text  string
}

func reasonOf(err error) reason {
	var r *job.Reason
	switch {
	case err == nil:
		return reason{}
	case errors.As(err, &r):
		return reason{r.Class, r.Step, r.Err.Error()}
	default:
		return reason{job.ClassOf(err), "", err.Error()}
	}
}

func (r reason) err() error {
	return job.Reject(r.class, cmp.Or(r.step, "work"), errors.New(r.text))
}

// recordOutput notes a rendition that stands.
func recordOutput(tx *tx, source int64, out job.Output, recipe string, now int64) error {
	_, err := tx.exec(`
		INSERT INTO renditions (source, preset, recipe, state, path, format, width, height, size, mtime, inode, sha256, ended)
		VALUES (?, ?, ?, 'done', ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (source, preset) DO UPDATE SET
			recipe = excluded.recipe, state = 'done', path = excluded.path, format = excluded.format,
			width = excluded.width, height = excluded.height, size = excluded.size,
			mtime = excluded.mtime, inode = excluded.inode, sha256 = excluded.sha256, ended = excluded.ended`,
		source, out.Preset, recipe, out.Path, out.Format, out.Width, out.Height,
		out.Size, out.Fingerprint.ModTime, int64(out.Fingerprint.Inode), out.SHA256, now)
	return err
}

// recordRest notes what became of the presets that made no rendition, when the same
// would become of them again.
func recordRest(tx *tx, source int64, o job.Outcome, r *Recipe, now int64) error {
	if !settles(o) {
		return nil
	}
	state := stateOf(o)
	if state == job.Done { // what stood already was left out
		state = job.Skipped
	}
	for _, preset := range o.Unmade {
		_, err := tx.exec(`
			INSERT INTO renditions (source, preset, recipe, state, ended) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (source, preset) DO UPDATE SET recipe = excluded.recipe, state = excluded.state, ended = excluded.ended`,
			source, preset, r.Presets[preset]+r.Rules, state, now)
		if err != nil {
			return err
		}
	}
	return nil
}

// settles reports whether the same file would come to the same end again. A
// permission may be granted without the file changing, so an unreadable file is
// tried again.
func settles(o job.Outcome) bool {
	switch class := job.ClassOf(o.Err); o.State {
	case job.Done:
		return true
	case job.Failed:
		return class != job.Unreadable
	case job.Skipped:
		return class == job.NotImage || class == job.Exists
	default:
		return false
	}
}

// Left notes that a source has left its folder, for the path to, or for good when
// that is "", and returns when the note lasts.
func (l *Ledger) Left(source, to string) error {
	l.cache.drop(source)
	err := l.update(func(tx *tx) error {
		_, err := tx.exec(`UPDATE sources SET leaves = 0, gone = 1, moved_to = ? WHERE path = ?`, to, source)
		if err != nil {
			return err
		}
		return release(tx, source, to)
	})
	l.tellAdded(l.hookNames())
	return err
}
