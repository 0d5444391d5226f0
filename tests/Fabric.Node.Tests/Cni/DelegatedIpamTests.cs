using System.Text;
using Fabric.Messages;
using Fabric.Messages.Cni;
using Fabric.Node.Cni;

namespace Fabric.Node.Tests.Cni;

/// <summary>When the IPAM plugin runs, and what its end means.</summary>
public sealed class DelegatedIpamTests
{
    private static CniRequest Request(string command, string version = "1.1.0", string ipam = """{"type":"host-local"}""")
    {
        var stdin = $$"""
            {"cniVersion":"{{version}}","name":"pods","type":"fabric-cni","ipam":{{ipam}},
            "prevResult":{},"cni.dev/valid-attachments":[]}
            """;
        var frame = new CniRequestFrame(
            command, "c0ffee", "/run/netns/x", "eth0", "", "/opt/cni/bin", CniNetNs.Attached, Encoding.UTF8.GetBytes(stdin));
        return Assert.IsType<CniParse.Parsed>(CniRequest.Parse(frame, new CorrelationId("c1"))).Request;
    }

    private static CniExecResultFrame Ended(int status, string stdout = "", string stderr = "", CniExecOutcome outcome = CniExecOutcome.Exited) =>
        new(1, outcome, status, Encoding.UTF8.GetBytes(stdout), Encoding.UTF8.GetBytes(stderr));

    private static CniError Error(CniExecResultFrame ended) =>
        Assert.IsType<IpamOutcome.Failed>(DelegatedIpam.Interpret(Request("ADD"), ended)).Error;

    [Theory]
    [InlineData("ADD", "1.0.0", true)]
    [InlineData("DEL", "1.0.0", true)]
    [InlineData("CHECK", "1.0.0", true)]
    [InlineData("GC", "1.0.0", false)]
    [InlineData("STATUS", "1.0.0", false)]
    [InlineData("GC", "1.1.0", true)]
    [InlineData("STATUS", "1.1.0", true)]
    public void A_call_is_forwarded_as_it_came_where_its_version_knows_the_command(string command, string version, bool runs)
    {
        var request = Request(command, version);
        var exec = DelegatedIpam.Run(request, 5);
        Assert.Equal(runs, exec is not null);
        if (exec is null)
            return;
        Assert.Equal((5u, "host-local", 0), (exec.Id, exec.Plugin, exec.Environment.Count));
        Assert.True(exec.Stdin.Span.SequenceEqual(request.Configuration.Raw.Span));
    }

    [Fact]
    public void Without_ipam_nothing_runs()
    {
        Assert.Null(DelegatedIpam.Run(Request("ADD", ipam: "{}"), 1));
        Assert.Null(DelegatedIpam.Undo(Request("ADD", ipam: "{}"), 1));
    }

    [Fact]
    public void An_add_is_undone_by_the_plugins_del() =>
        Assert.Equal([new CniOverride("CNI_COMMAND", "DEL")], DelegatedIpam.Undo(Request("ADD"), 2)!.Environment);

    [Fact]
    public void An_add_gives_addresses_and_other_commands_nothing()
    {
        var leased = DelegatedIpam.Interpret(Request("ADD"), Ended(0, """{"ips":[{"address":"10.0.0.2/24"}]}"""));
        Assert.Equal("10.0.0.2/24", Assert.IsType<IpamOutcome.Leased>(leased).Result.Ips.Single().Address.ToString());
        foreach (var command in (string[])["DEL", "CHECK", "GC", "STATUS"])
            Assert.IsType<IpamOutcome.Done>(DelegatedIpam.Interpret(Request(command), Ended(0)));
    }

    [Fact]
    public void The_plugins_own_error_is_passed_on_under_its_name()
    {
        var error = Error(Ended(1, """{"code": 11, "msg": "no lease", "details": "timeout"}"""));
        Assert.Equal((11, "IPAM plugin host-local: no lease", "correlation c1; timeout"), ((int)error.Code, error.Message, error.Details));
    }

    [Theory]
    [InlineData(CniExecOutcome.Exited, 0, "{}", "", "its result is unusable: the result holds no address", "")]
    [InlineData(CniExecOutcome.Exited, 2, "oops", "log", "it exited with 2 and printed no CNI error", "; log")]
    [InlineData(CniExecOutcome.Exited, 2, """{"code":"x"}""", "", "it exited with 2 and printed no CNI error", "")]
    [InlineData(CniExecOutcome.Signaled, 9, "", "", "signal 9 ended it", "")]
    [InlineData(CniExecOutcome.NotFound, 0, "", "not found in CNI_PATH", "not found in CNI_PATH", "")]
    [InlineData(CniExecOutcome.NotStarted, 8, "", "can't be started", "can't be started", "")]
    [InlineData(CniExecOutcome.TimedOut, 0, "", "", "it did not end in time and was killed", "")]
    [InlineData(CniExecOutcome.OutputTooLong, 0, "", "", "it printed more than 768 KiB and was killed", "")]
    public void Any_other_end_is_error_107(CniExecOutcome outcome, int status, string stdout, string stderr, string cause, string log)
    {
        var error = Error(Ended(status, stdout, stderr, outcome));
        Assert.Equal(
            (107, "IPAM plugin host-local failed: " + cause, "correlation c1" + log), ((int)error.Code, error.Message, error.Details));
    }
}
