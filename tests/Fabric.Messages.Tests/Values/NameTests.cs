namespace Fabric.Messages.Tests;

public sealed class NameTests
{
    [Theory]
    [InlineData("eth0", true)]
    [InlineData("fab0123456789ab", true)]
    [InlineData("fab0123456789abc", false)]
    [InlineData("", false)]
    [InlineData(".", false)]
    [InlineData("..", false)]
    [InlineData("eth 0", false)]
    [InlineData("eth/0", false)]
    [InlineData("eth:0", false)]
    [InlineData("ethé", false)]
    public void Interface_names_are_what_the_kernel_takes(string text, bool valid) =>
        Assert.Equal(valid, InterfaceName.TryParse(text, null, out _));

    [Theory]
    [InlineData("c0ffee", true)]
    [InlineData("A_b.c-1", true)]
    [InlineData("-c", false)]
    [InlineData("../etc", false)]
    [InlineData("a/b", false)]
    [InlineData("", false)]
    public void Container_ids_and_network_names_are_what_CNI_allows(string text, bool valid)
    {
        Assert.Equal(valid, ContainerId.TryParse(text, null, out _));
        Assert.Equal(valid, NetworkName.TryParse(text, null, out _));
    }

    [Theory]
    [InlineData("node-a.example", true)]
    [InlineData("Node-a", false)]
    [InlineData("-node", false)]
    [InlineData("node.", false)]
    [InlineData("node_a", false)]
    public void Node_names_are_DNS_subdomains(string text, bool valid) =>
        Assert.Equal(valid, NodeName.TryParse(text, null, out _));

    [Fact]
    public void Lengths_end_where_their_standards_say()
    {
        Assert.True(NodeName.TryParse(new string('a', 253), null, out _));
        Assert.False(NodeName.TryParse(new string('a', 254), null, out _));
        Assert.True(ContainerId.TryParse(new string('a', 255), null, out _));
        Assert.False(ContainerId.TryParse(new string('a', 256), null, out _));
    }

    [Fact]
    public void A_refusal_says_what_is_wrong()
    {
        var refusal = Assert.Throws<FormatException>(() => new InterfaceName("much-too-long-for-linux"));
        Assert.Contains("1 to 15", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_attachment_is_container_and_interface()
    {
        var id = AttachmentId.Parse("c0ffee/eth0");
        Assert.Equal(("c0ffee", "eth0", "c0ffee/eth0"), (id.Container.Value, id.IfName.Value, id.ToString()));
        Assert.False(AttachmentId.TryParse("c0ffee", null, out _));
        Assert.False(AttachmentId.TryParse("c0ffee/eth0/1", null, out _));
    }

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("32767", true)]
    [InlineData("32768", false)]
    [InlineData("+5", false)]
    public void Port_numbers_end_below_those_that_Open_vSwitch_chooses_itself(string text, bool valid) =>
        Assert.Equal(valid, OfPort.TryParse(text, null, out _));

    [Theory]
    [InlineData("0", false)]
    [InlineData("1", true)]
    [InlineData("16777215", true)]
    [InlineData("16777216", false)]
    public void A_VNI_has_24_bits(string text, bool valid) => Assert.Equal(valid, Vni.TryParse(text, null, out _));
}
