using System.Diagnostics;
using Xunit.Abstractions;

namespace Fabric.Linux.Tests;

public sealed class NetworkNamespaceTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Identity_is_device_and_inode_as_stat_prints_them()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        using var again = NetworkNamespace.Open(scratch.Path);

        var stat = Tool.Run("stat", "-L", "-c", "%d:%i", scratch.Path).Trim();

        Assert.Equal(stat, scratch.Handle.Id.ToString());
        Assert.Equal(scratch.Handle.Id, again.Id);
        Assert.False(scratch.Handle.IsOwn);
        Assert.True(NetworkNamespace.Own.IsOwn);
    }

    [SkippableTheory]
    [InlineData("/proc/self/ns/mnt")]
    [InlineData("/proc/self/status")]
    [InlineData("/etc")]
    public void What_is_no_network_namespace_is_refused(string path)
    {
        ScratchNamespace.Require();
        var error = Assert.Throws<SystemCallException>(() => NetworkNamespace.Open(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Equal(22, error.Errno);
    }

    [SkippableFact]
    public void A_missing_path_is_named()
    {
        ScratchNamespace.Require();
        var error = Assert.Throws<SystemCallException>(() => NetworkNamespace.Open("/run/netns/fab-t-missing"));
        Assert.Equal(2, error.Errno);
        Assert.Contains("fab-t-missing", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Work_runs_inside_and_the_thread_comes_home_also_after_an_exception()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        static string Current() => File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name;
        var home = NetworkNamespace.Own.Run(Current);

        var inside = scratch.Handle.Run(Current);
        Assert.Throws<FormatException>(() => scratch.Handle.Run(() => int.Parse("no number")));

        Assert.NotEqual(home, inside);
        Assert.Contains(scratch.Handle.Id.Inode.ToString(), inside, StringComparison.Ordinal);
        Assert.Equal(home, NetworkNamespace.Own.Run(Current));
        Assert.Equal(home, Current());
    }

    [SkippableFact]
    public void Calls_from_many_threads_take_turns()
    {
        ScratchNamespace.Require();
        using var one = new ScratchNamespace();
        using var two = new ScratchNamespace();
        static string Current() => File.ResolveLinkTarget("/proc/thread-self/ns/net", false)!.Name;
        var names = new[] { one.Handle.Run(Current), two.Handle.Run(Current) };

        Parallel.For(0, 500, i =>
            Assert.Equal(names[i % 2], (i % 2 == 0 ? one : two).Handle.Run(Current)));
    }

    [SkippableFact]
    public void Entering_a_namespace_from_inside_another_is_refused()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        Assert.Throws<InvalidOperationException>(() => scratch.Handle.Run(() => scratch.Handle.Run(() => 1)));
    }

    [SkippableFact]
    public void A_call_into_a_namespace_is_measured()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        var times = new double[2000];
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            scratch.Handle.Run(() => i);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        }
        Array.Sort(times);
        output.WriteLine($"call into a namespace: median {times[1000]:F1} us, p90 {times[1800]:F1} us");
    }
}
