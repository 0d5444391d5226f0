using System.Text.Json.Nodes;
using Fabric.Node.Install;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabric.Node.Tests;

/// <summary>What is on a host after an agent has installed itself there, and after it is taken off.</summary>
public sealed class CniInstallerTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fab-t-install-");
    private Readiness _readiness = new(50, "starting");

    public CniInstallerTests()
    {
        foreach (var name in (string[])["bin", "conf", "state"])
            _folder.CreateSubdirectory(name);
        File.WriteAllText(At("fabric-cni"), "version 1");
    }

    [Fact]
    public void The_binary_comes_at_once_and_the_configuration_when_ADD_can_be_served()
    {
        var installer = Installer();
        Assert.Equal(TimeSpan.FromSeconds(1), installer.Step(_readiness.IsReady));
        Assert.Equal("version 1", File.ReadAllText(At("bin", "fabric-cni")));
        Assert.Equal("-rwxr-xr-x", ModeOf(At("bin", "fabric-cni")));
        Assert.Empty(Directory.GetFiles(At("conf")));
        _readiness = Readiness.Ready;
        installer.Step(_readiness.IsReady);
        var list = JsonNode.Parse(File.ReadAllText(At("conf", "10-fabric.conflist")))!;
        Assert.Equal(("1.0.0", "fabric-cni", "/run/x.sock"), (list["cniVersion"]!.ToString(), list["plugins"]![0]!["type"]!.ToString(),
            list["plugins"]![0]!["agentSocket"]!.ToString()));
        Assert.Single(list["plugins"]!.AsArray());
        Assert.Equal(["10-fabric.conflist"], Directory.GetFiles(At("conf")).Select(Path.GetFileName));
    }

    [Fact]
    public void A_configuration_that_is_there_stays_and_comes_back_also_while_ADD_cannot_be_served()
    {
        _readiness = Readiness.Ready;
        var installer = Installer();
        installer.Step(_readiness.IsReady);
        _readiness = new Readiness(50, "Open vSwitch is away");
        File.Delete(At("conf", "10-fabric.conflist"));
        installer.Step(_readiness.IsReady);
        Assert.True(File.Exists(At("conf", "10-fabric.conflist")));
    }

    [Fact]
    public void A_newer_binary_takes_the_place_of_the_older_one_also_under_the_names_of_others()
    {
        Installer().Step(_readiness.IsReady);
        File.WriteAllText(At("fabric-cni"), "version 2");
        Installer(names: true).Step(_readiness.IsReady);
        Assert.All((string[])["fabric-cni", "ovs", "linen"], n => Assert.Equal("version 2", File.ReadAllText(At("bin", n))));
    }

    [Fact]
    public void A_directory_that_is_not_there_is_waited_for_and_the_fault_named()
    {
        Directory.Delete(At("bin"));
        _readiness = Readiness.Ready;
        var installer = Installer();
        Assert.Equal(TimeSpan.FromSeconds(10), installer.Step(_readiness.IsReady));
        Assert.Contains(At("bin"), installer.Fault, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(At("conf")));
        Directory.CreateDirectory(At("bin"));
        installer.Step(_readiness.IsReady);
        Assert.Null(installer.Fault);
        Assert.True(File.Exists(At("bin", "fabric-cni")) && File.Exists(At("conf", "10-fabric.conflist")));
    }

    [Fact]
    public void Uninstalling_removes_what_was_written_and_nothing_else()
    {
        _readiness = Readiness.Ready;
        File.WriteAllText(At("bin", "bridge"), "another plugin");
        Installer(names: true).Step(_readiness.IsReady);
        File.WriteAllText(At("bin", "ovs"), "the real ovs-cni");
        var said = new List<string>();
        Assert.False(new InstalledFiles(At("state")).Remove(said.Add));
        Assert.Equal(["bridge", "ovs"], Directory.GetFiles(At("bin")).Select(Path.GetFileName).Order());
        Assert.Empty(Directory.GetFiles(At("conf")));
        Assert.Contains(said, s => s.Contains("ovs is left", StringComparison.Ordinal));
        // The next attempt finds only what was left.
        File.Delete(At("bin", "ovs"));
        Assert.True(new InstalledFiles(At("state")).Remove(said.Add));
        Assert.Empty(Directory.GetFiles(At("state")));
    }

    [Fact]
    public void A_fault_is_reported_once_however_long_it_lasts()
    {
        Directory.Delete(At("conf"));
        _readiness = Readiness.Ready;
        var warnings = new List<string>();
        var installer = Installer(log: new AgentLog(new ListLogger<AgentLog>(warnings)));
        for (var i = 0; i < 5; i++)
            installer.Step(isReady: true);
        Assert.Single(warnings, w => w.Contains("not installed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_note_whose_directory_is_not_there_is_kept_and_told()
    {
        Installer().Step(isReady: false);
        Directory.Delete(At("bin"), recursive: true);
        var said = new List<string>();
        Assert.False(new InstalledFiles(At("state")).Remove(said.Add));
        Assert.Contains("with the same mounts", said.Single(), StringComparison.Ordinal);
        Assert.NotEmpty(new InstalledFiles(At("state")).Read());
    }

    [Fact]
    public void What_a_crash_left_half_done_is_removed_like_anything_else()
    {
        new InstalledFiles(At("state")).WillBe(At("bin", "fabric-cni"), "version 1"u8);
        File.WriteAllText(At("bin", "fabric-cni.fabric-new"), "vers");
        Assert.True(new InstalledFiles(At("state")).Remove(_ => { }));
        Assert.Empty(Directory.GetFiles(At("bin")));
    }

    [Fact]
    public void Portmap_is_in_the_list_only_where_it_is_installed()
    {
        Assert.DoesNotContain("portmap", System.Text.Encoding.UTF8.GetString(Conflist.Of("/run/fabric/cni.sock", hasPortmap: false)));
        var list = JsonNode.Parse(Conflist.Of("/run/fabric/cni.sock", hasPortmap: true))!;
        Assert.Equal("portmap", list["plugins"]![1]!["type"]!.ToString());
        Assert.Null(list["plugins"]![0]!["agentSocket"]);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private CniInstaller Installer(bool names = false, AgentLog? log = null) => new(
        new CniInstallation(At("fabric-cni"), At("bin"), At("conf"), "10-fabric.conflist", names), new InstalledFiles(At("state")),
        "/run/x.sock", () => _readiness, TimeProvider.System, log ?? new AgentLog(NullLogger<AgentLog>.Instance));

    private string At(params string[] path) => Path.Combine([_folder.FullName, .. path]);

    private static string ModeOf(string path) =>
        "-" + string.Concat(Enumerable.Range(0, 9).Select(i => ((int)File.GetUnixFileMode(path) >> (8 - i) & 1) == 1 ? "rwx"[i % 3] : '-'));
}
