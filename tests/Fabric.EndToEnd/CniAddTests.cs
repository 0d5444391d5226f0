using System.Text.Json.Nodes;
using Fabric.Messages;

namespace Fabric.EndToEnd;

public sealed class CniLab() : EndToEndLab(1);

public sealed class CniAddTests(CniLab lab) : IClassFixture<CniLab>
{
    [SkippableFact]
    public Task Add_returns_when_the_port_forwards() => lab.TestAsync(async () =>
    {
        using var a = await lab.First.AddPodAsync();
        using var b = await lab.First.AddPodAsync();
        Assert.True(b.Pings(a.Address), "the first packet after ADD passes");
        await Leaks.MustBeExactlyAsync(lab.First, a, b);
        (await a.DelAsync()).MustSucceed();
        (await b.DelAsync()).MustSucceed();
        await Leaks.MustBeExactlyAsync(lab.First);
    });
}
