using Fabric.Lab;

namespace Fabric.Ovs.Tests.Ovsdb;

/// <summary>The lab itself: what other tests take for granted.</summary>
public sealed class LabNodeTests
{
    [SkippableFact]
    public void Two_nodes_reach_each_other_once_and_only_over_the_wire()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        using var wire = LabUnderlay.Create();
        using var first = LabNode.Create(wire);
        using var second = LabNode.Create(wire);
        first.WaitUntilReaches(second.Address);

        // A kernel that answered beside the datapath would show as duplicates.
        var pings = first.Namespace.Run("ping", "-c", "3", "-i", "0.2", "-n", second.Address.ToString());
        Assert.Contains("3 received, 0% packet loss", pings, StringComparison.Ordinal);

        wire.SetConnected(first, false);
        Assert.False(LabNode.Pings(first.Namespace, second.Address));
        wire.SetConnected(first, true);
        first.WaitUntilReaches(second.Address);
    }

    [SkippableFact]
    public void Nothing_is_left_after_disposal()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        var ovs = ScratchOvs.Start();
        var (vswitchd, database) = (ovs.VswitchdPid!.Value, ovs.DatabasePid!.Value);
        ovs.AddBridge("fabt-br");

        ovs.Dispose();

        Assert.False(Directory.Exists(ovs.Folder));
        Assert.False(File.Exists(ovs.Namespace.NetnsPath));
        Assert.False(Runs(vswitchd, ovs.Folder));
        Assert.False(Runs(database, ovs.Folder));
    }

    [SkippableFact]
    public void A_failing_command_throws_what_it_wrote_to_standard_error()
    {
        Skip.If(LabRequirements.Missing is not null, LabRequirements.Missing ?? "");
        using var ovs = ScratchOvs.Start(vswitchd: false);

        var failure = Assert.Throws<LabException>(() => ovs.Vsctl("--no-wait", "add-port", "fabt-none", "fabt0"));

        Assert.Equal(1, failure.ExitCode);
        Assert.Contains("no bridge named fabt-none", failure.Detail, StringComparison.Ordinal);
    }

    private static bool Runs(int pid, string folder)
    {
        var path = $"/proc/{pid.ToString(System.Globalization.CultureInfo.InvariantCulture)}/cmdline";
        return File.Exists(path) && File.ReadAllText(path).Contains(folder, StringComparison.Ordinal);
    }
}
