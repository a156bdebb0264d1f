package pipeline

import (
	"math"
	"testing"
	"testing/fstest"
)

// TestCgroupLimit reads the trees of machines as they are found.
func TestCgroupLimit(t *testing.T) {
	const mib = 1 << 20
	for _, test := range []struct {
		name  string
		files map[string]string
		want  int64
	}{
		{"no cgroups", nil, math.MaxInt64},
		{"v2, a unit", map[string]string{
			"proc/self/cgroup":                                        "0::/system.slice/imgwatchd.service\n",
			"sys/fs/cgroup/system.slice/memory.max":                   "max\n",
			"sys/fs/cgroup/system.slice/imgwatchd.service/memory.max": "536870912\n",
		}, 512 * mib},
		{"v2, a limit above", map[string]string{
			"proc/self/cgroup":                           "0::/a.slice/b.service\n",
			"sys/fs/cgroup/a.slice/memory.max":           "268435456\n",
			"sys/fs/cgroup/a.slice/b.service/memory.max": "536870912\n",
		}, 256 * mib},
		{"v2, a container", map[string]string{
			"proc/self/cgroup":         "0::/\n",
			"sys/fs/cgroup/memory.max": "268435456\n",
		}, 256 * mib},
		{"v2, no limit", map[string]string{
			"proc/self/cgroup":           "0::/a\n",
			"sys/fs/cgroup/a/memory.max": "max\n",
		}, math.MaxInt64},
		{"v1", map[string]string{
			"proc/self/cgroup":                           "5:devices:/\n4:memory:/system.slice/imgwatchd.service\n0::/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
			"sys/fs/cgroup/memory/system.slice/imgwatchd.service/memory.limit_in_bytes": "536870912\n",
		}, 512 * mib},
		{"v1, a container", map[string]string{
			"proc/self/cgroup":                           "3:cpu,cpuacct:/docker/f00\n2:hugetlb,memory:/docker/f00\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "268435456\n",
		}, 256 * mib},
		{"v1, no limit", map[string]string{
			"proc/self/cgroup": "4:memory:/a\n",
			"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "9223372036854771712\n",
		}, 9223372036854771712},
		{"both", map[string]string{
			"proc/self/cgroup": "4:memory:/a:b\n0::/c\n",
			"sys/fs/cgroup/memory/a:b/memory.limit_in_bytes": "536870912\n",
			"sys/fs/cgroup/c/memory.max":                     "268435456\n",
		}, 256 * mib},
		{"a limit of another resource", map[string]string{
			"proc/self/cgroup":                           "1:memory_pressure:/a\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "1\n",
		}, math.MaxInt64},
		{"garbage", map[string]string{
			"proc/self/cgroup":                           "\n4\n4:memory\n:memory:../../x",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "a lot",
		}, math.MaxInt64},
	} {
		t.Run(test.name, func(t *testing.T) {
			root := fstest.MapFS{}
			for name, text := range test.files {
				root[name] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := cgroupLimit(root); got != test.want {
				t.Errorf("limit is %d, want %d", got, test.want)
			}
		})
	}
}

func TestMachineMemory(t *testing.T) {
	if got := machineMemory(); got < 1<<20 {
		t.Errorf("this machine has %d bytes", got)
	}
}
