using System.Net;
using System.Text.Json;
using Fabric.Lab;
using Fabric.Messages;

namespace Fabric.EndToEnd;

/// <summary>The cluster as an agent's admin socket tells it, and what operators ask it for.</summary>
internal static class NodeAdmin
{
    public static async Task<MembersAnswer> MembersAsync(EndToEndNode asked)
    {
        using var client = AdminClient.Connect(asked.Options["admin-socket"]);
        return JsonSerializer.Deserialize(await client.GetStringAsync(AdminPaths.Members), AdminJson.Default.MembersAnswer)!;
    }

    public static async Task<MeshAnswer> MeshAsync(EndToEndNode asked)
    {
        using var client = AdminClient.Connect(asked.Options["admin-socket"]);
        return JsonSerializer.Deserialize(await client.GetStringAsync(AdminPaths.Mesh), AdminJson.Default.MeshAnswer)!;
    }

    public static async Task<MemberEntry?> MemberAsync(EndToEndNode asked, EndToEndNode member) =>
        (await MembersAsync(asked)).Members.FirstOrDefault(m => m.Node.Value == member.Lab.Name && !m.IsFormer);

    /// <summary>An operation by POST; the answer's text, whatever the status.</summary>
    public static async Task<(HttpStatusCode Status, string Text)> OperateAsync(EndToEndNode asked, string path)
    {
        using var client = AdminClient.Connect(asked.Options["admin-socket"]);
        using var response = await client.PostAsync(path, null);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static async Task MustOperateAsync(EndToEndNode asked, string path)
    {
        var (status, text) = await OperateAsync(asked, path);
        Assert.True(status == HttpStatusCode.OK, $"{path}: {status} {text}");
    }

    public static Task WaitForStateAsync(EndToEndNode asked, EndToEndNode member, string state) => LabWait.UntilAsync(
        async () => (await MemberAsync(asked, member))?.State == state, $"{member.Lab.Name} is {state}", TimeSpan.FromSeconds(60));
}
