package ledger

import (
	"database/sql"
	"errors"
	"fmt"

	"imgwatchd/internal/job"
)

// What a scan asks.
const (
	findSource = `
		SELECT id, crashes, class, step, reason, size = ?2 AND mtime = ?3 AND inode = ?4 AND NOT gone, gone OR leaves
		FROM sources WHERE path = ?1`
	findRenditions = `
		SELECT preset, recipe, state, path, format, width, height, size, mtime, inode, sha256
		FROM renditions WHERE source = ?`
	findMaker = `
		SELECT sources.path, sources.gone FROM renditions JOIN sources ON sources.id = renditions.source
		WHERE renditions.path = ? AND renditions.path <> '' ORDER BY renditions.ended DESC LIMIT 1`
	findInode = `
		SELECT path FROM renditions
		WHERE inode = ?1 AND inode <> 0 AND size = ?2 AND mtime = ?3 AND path <> ''
		UNION ALL
		SELECT moved_to FROM sources
		WHERE inode = ?1 AND (gone OR leaves) AND size = ?2 AND mtime = ?3 AND moved_to <> ''
		LIMIT 10`
)

// Settled reports whether nothing is left to do for the file that j names, as it was
// when it got its fingerprint. When the ledger cannot be read, nothing is settled.
func (l *Ledger) Settled(j job.Job, r *Recipe) bool {
	path, sum := r.Path(j.Path), r.sum()
	known, at := l.cache.has(path, j.Fingerprint, sum)
	if known {
		return true
	}
	m, err := l.recall(path, j.Fingerprint, r)
	if err != nil || !m.settled(r) {
		return false
	}
	l.cache.add(path, j.Fingerprint, sum, at)
	return true
}

// A Past is what is remembered of a source, as far as it holds for the file as it is
// now and for what is asked of it now. The zero Past is that of a new file.
type Past struct {
	Outputs []job.Output // renditions that need not be made again
	Failure error        // a job.Reason why nothing can be made of it; nil: none is known
	Crashes int          // how often the program crashed while it worked on the file

	// Replaced says that the file stands where another did that has left the folder, so
	// that renditions of its name are of another picture.
	Replaced bool
}

// Recall returns what holds of the past of a source. Of one that the ledger does not
// know, or not as it is now, nothing does.
func (l *Ledger) Recall(j job.Job, r *Recipe) (Past, error) {
	m, err := l.recall(r.Path(j.Path), j.Fingerprint, r)
	if err != nil {
		return Past{}, fmt.Errorf("read ledger: %w", err)
	}
	past := Past{Outputs: m.outputs, Crashes: m.crashes, Replaced: m.replaced}
	if m.complete(r) && m.failed {
		past.Failure = m.reason.err()
	}
	return past, nil
}

// A memory is what holds of a source's past.
type memory struct {
	replaced bool
	crashes  int
	reason   reason
	outputs  []job.Output
	skipped  int // presets that leave nothing to do and made no rendition
	failed   bool
}

// complete reports whether every preset has come to its end.
func (m memory) complete(r *Recipe) bool {
	return len(r.Presets) > 0 && len(m.outputs)+m.skipped == len(r.Presets)
}

// settled reports whether nothing is left to do.
func (m memory) settled(r *Recipe) bool {
	if m.failed {
		return m.complete(r) && !r.FailedLeaves
	}
	return m.complete(r) && !(r.DoneLeaves && len(m.outputs) > 0)
}

func (l *Ledger) recall(path string, f job.Fingerprint, r *Recipe) (memory, error) {
	var m memory
	err := l.view(func(s *store) error {
		var id int64
		var same, left bool
		err := s.find.source.QueryRow(path, f.Size, f.ModTime, int64(f.Inode)).
			Scan(&id, &m.crashes, &m.reason.class, &m.reason.step, &m.reason.text, &same, &left)
		if err != nil {
			return err
		}
		if !same {
			m = memory{replaced: left}
			return nil
		}
		return m.readRenditions(s, id, r)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return memory{}, nil
	}
	return m, err
}

// readRenditions adds the renditions whose recipe is still in force.
func (m *memory) readRenditions(s *store, source int64, r *Recipe) error {
	rows, err := s.find.renditions.Query(source)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var recipe string
		var state job.State
		var out job.Output
		if err := scanOutput(rows, &out, &recipe, &state); err != nil {
			return err
		}
		wanted, ok := r.Presets[out.Preset]
		switch {
		case !ok:
		case state == job.Done && recipe == wanted:
			m.outputs = append(m.outputs, out)
		case state != job.Done && recipe == wanted+r.Rules:
			m.skipped++
			m.failed = m.failed || state == job.Failed
		}
	}
	return rows.Err()
}

// scanOutput reads a row of the columns that readRenditions names.
func scanOutput(rows *sql.Rows, out *job.Output, recipe *string, state *job.State) error {
	var inode int64
	err := rows.Scan(&out.Preset, recipe, state, &out.Path, &out.Format, &out.Width, &out.Height,
		&out.Size, &out.Fingerprint.ModTime, &inode, &out.SHA256)
	out.Fingerprint.Inode, out.Fingerprint.Size = uint64(inode), out.Size
	return err
}

// MadeFrom returns the source that the rendition at path was made from, as far as
// is known, and whether that source has left its folder.
func (l *Ledger) MadeFrom(path string) (source string, gone, ok bool) {
	err := l.view(func(s *store) error { return s.find.maker.QueryRow(path).Scan(&source, &gone) })
	return source, gone, err == nil
}

// Own returns the paths at which a file of this fingerprint was published as a rendition,
// or to which it was moved as a source. The caller must look whether one of them still
// is that file: inodes are used again.
func (l *Ledger) Own(f job.Fingerprint) (paths []string, err error) {
	if f.Inode == 0 {
		return nil, nil
	}
	err = l.view(func(s *store) error {
		rows, err := s.find.inode.Query(int64(f.Inode), f.Size, f.ModTime)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var path string
			if err := rows.Scan(&path); err != nil {
				return err
			}
			paths = append(paths, path)
		}
		return rows.Err()
	})
	return paths, err
}
