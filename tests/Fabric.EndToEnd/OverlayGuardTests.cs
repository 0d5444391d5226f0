using Fabric.Lab;

namespace Fabric.EndToEnd;

/// <summary>Overlay packets that were not made by a member's own Open vSwitch reach no pod.</summary>
public sealed class OverlayGuardTests(DualStackLab lab) : IClassFixture<DualStackLab>
{
    private const int Vni = 1;

    private const int OverlayPort = 4789;

    private const int InnerPort = 7000;

    [SkippableFact]
    public Task A_pods_packet_to_a_vteps_overlay_port_drops() => WithVictimAsync((sender, victim, vtep) =>
    {
        foreach (var to in lab.Nodes)
            LabTraffic.Send(sender.Namespace, Forged(sender.Address, victim.Address), to.Lab.Address.ToString(), OverlayPort);
    }, reaches: false);

    [SkippableFact]
    public Task A_packet_from_an_unknown_vtep_drops() => WithVictimAsync((sender, victim, vtep) =>
    {
        ServiceLab.MakeOutside(lab.Underlay);
        LabTraffic.Send(lab.Underlay.Namespace, Forged(sender.Address, victim.Address), vtep, OverlayPort);
    }, reaches: false);

    [SkippableFact]
    public Task A_members_packet_with_an_inner_source_outside_its_block_drops() => WithVictimAsync((sender, victim, vtep) =>
    {
        LabTraffic.Send(lab.First.Namespace, Forged("10.244.99.9", victim.Address), vtep, OverlayPort);
        LabTraffic.Send(lab.First.Namespace, Forged("192.0.2.1", victim.Address), vtep, OverlayPort);
    }, reaches: false);

    [SkippableFact]
    public Task A_members_packet_of_another_network_drops() => WithVictimAsync((sender, victim, vtep) =>
        LabTraffic.Send(lab.First.Namespace,
            ForgedPackets.Vxlan(Vni + 1, sender.Address, victim.Address, InnerPort, "forged"), vtep, OverlayPort), reaches: false);

    /// <summary>The same packet from where it may come: else the tests above would prove nothing.</summary>
    [SkippableFact]
    public Task A_members_packet_with_an_inner_source_of_its_block_passes() => WithVictimAsync((sender, victim, vtep) =>
        LabTraffic.Send(lab.First.Namespace, Forged(sender.Address, victim.Address), vtep, OverlayPort), reaches: true);

    private static byte[] Forged(string source, string destination) =>
        ForgedPackets.Vxlan(Vni, source, destination, InnerPort, "forged");

    private Task WithVictimAsync(Action<Pod, Pod, string> attack, bool reaches) => lab.TestAsync(async () =>
    {
        using var sender = await lab.First.AddPodAsync();
        using var victim = await lab.Second.AddPodAsync();
        LabWait.Until(() => sender.Pings(victim.Address), "the pods reach each other");
        using var inbox = new DatagramInbox(victim.Namespace, InnerPort);
        attack(sender, victim, lab.Second.Lab.Address.ToString());
        // Sent after the forged ones, over the same wire: when it is there, they would be.
        LabTraffic.Send(sender.Namespace, "genuine"u8.ToArray(), victim.Address, InnerPort);
        var before = await inbox.ReadUntilAsync("genuine");
        Assert.Equal(reaches ? ["forged"] : [], before);
    });
}
