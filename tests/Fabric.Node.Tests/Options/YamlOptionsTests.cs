namespace Fabric.Node.Tests;

public sealed class YamlOptionsTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();
    private readonly List<string> _errors = [];

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Values_are_texts_and_lists_are_joined()
    {
        var values = Read("node-name: a\nvni: 7\ncluster-cidr:\n- 10.0.0.0/9\n- fd00::/48\nmtu: auto\n");

        Assert.Empty(_errors);
        Assert.Equal(("a", "7", "10.0.0.0/9,fd00::/48", "auto"),
            (values["node-name"], values["vni"], values["cluster-cidr"], values["mtu"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing yet\n")]
    public void An_empty_file_sets_nothing(string text)
    {
        Assert.Empty(Read(text));
        Assert.Empty(_errors);
    }

    [Theory]
    [InlineData("- vni\n", ": the file must be a mapping of option names to values")]
    [InlineData("vni: 7\nmtu:\n  a: b\n", ", line 3: mtu must be a value or a list of values")]
    [InlineData("vni: 7\nvni: 8\n", ", line 2: ")]
    [InlineData("vni: 'open\n", ", line ")]
    public void A_mistake_is_named_with_file_and_line(string text, string message)
    {
        Read(text);

        Assert.StartsWith(_path + message, Assert.Single(_errors), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error()
    {
        YamlOptions.Read("/nonexistent/fabric.yaml", _errors);

        Assert.StartsWith("/nonexistent/fabric.yaml: ", Assert.Single(_errors), StringComparison.Ordinal);
    }

    private IReadOnlyDictionary<string, string> Read(string text)
    {
        File.WriteAllText(_path, text);
        return YamlOptions.Read(_path, _errors);
    }
}
