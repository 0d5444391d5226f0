using Fabric.Linux.State;

namespace Fabric.Linux.Tests;

public sealed class StateTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("fab-t").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_locked_directory_is_refused_with_the_owners_pid_until_released()
    {
        using (FileLock.Acquire(_directory))
        {
            var error = Assert.Throws<SystemCallException>(() => FileLock.Acquire(_directory));
            Assert.Contains($"held by process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
            Assert.True(error.IsTransient);
        }
        FileLock.Acquire(_directory).Dispose();
    }

    [Fact]
    public void A_lock_in_a_missing_directory_names_the_file()
    {
        var error = Assert.Throws<SystemCallException>(() => FileLock.Acquire(Path.Combine(_directory, "none")));
        Assert.Equal(2, error.Errno);
        Assert.Contains("none/lock", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_boot_id_is_the_kernels()
    {
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim(), BootId.Read().ToString());
    }

    [SkippableFact]
    public void A_sysctl_is_set_inside_the_namespace_only_and_reports_what_was_before()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        const string Name = "net/ipv4/ip_forward";
        var home = Sysctl.Read(Name);
        var before = scratch.Exec("cat", "/proc/sys/" + Name).Trim();
        var wanted = before == "1" ? "0" : "1";

        var change = scratch.Handle.Run(() => Sysctl.Set(Name, wanted));
        var repeated = scratch.Handle.Run(() => Sysctl.Set(Name, wanted));

        Assert.Equal(new SysctlChange(Name, before, wanted), change);
        Assert.True(change.IsChange);
        Assert.False(repeated.IsChange);
        Assert.Equal(wanted, scratch.Exec("cat", "/proc/sys/" + Name).Trim());
        Assert.Equal(home, Sysctl.Read(Name));
    }

    [SkippableFact]
    public void A_refused_sysctl_names_the_setting_the_value_and_the_reason()
    {
        ScratchNamespace.Require();
        using var scratch = new ScratchNamespace();
        var missing = Assert.Throws<SystemCallException>(() => Sysctl.Read("net/ipv4/conf/fabt.0/rp_filter"));
        var invalid = Assert.Throws<SystemCallException>(
            () => scratch.Handle.Run(() => Sysctl.Set("net/ipv4/ip_forward", "many")));

        Assert.Equal(2, missing.Errno);
        Assert.Equal(22, invalid.Errno);
        Assert.Contains("set sysctl net/ipv4/ip_forward to many", invalid.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Sysctl.Read("net/../kernel/hostname"));
    }
}
