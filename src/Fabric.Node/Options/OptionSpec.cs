namespace Fabric.Node;

/// <summary>One option of the agent: flag <c>--name</c>, environment <c>FABRIC_NAME</c>, YAML key <c>name</c>, in that precedence.</summary>
/// <param name="Name">Without dashes in front: <c>node-name</c>.</param>
/// <param name="Default">What holds when nobody sets it; null where that is found out at start, <see cref="DefaultText"/> says how.</param>
public sealed record OptionSpec(string Name, string Value, string Help, string? Default, string? DefaultText = null)
{
    public string Flag => $"--{Name}";

    public string Variable => $"FABRIC_{Name.Replace('-', '_').ToUpperInvariant()}";
}
